package io.tidemark.control.vpg;

import io.tidemark.spi.id.VpgId;
import java.util.List;

/** What the protected site tells the recovery one about a VPG. */
record SourceReport(VpgId vpg, VpgState state, String detail, List<MemberView> members) {}
