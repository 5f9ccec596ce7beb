package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.ProtectedVpg.Member;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmHardware;
import java.util.List;

/** One VM of a VPG with all that its recovery needs. The same on both sites. */
public record MemberDefinition(Member member, VmHardware hardware, List<NicDescription> nics) {
    public MemberDefinition {
        nics = List.copyOf(nics);
    }
}
