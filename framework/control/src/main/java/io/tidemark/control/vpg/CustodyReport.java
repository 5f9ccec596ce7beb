package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.JournalStore.JournalUsage;
import io.tidemark.control.vpg.VpgView.NewestCheckpoint;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import java.util.List;
import java.util.Optional;

/**
 * What the recovery site tells the protected one about a VPG.
 *
 * @param staging empty where the recovery target stages nothing, and from a site that does not know of it
 * @param recovering the state that open recoveries put the VPG in, when they do
 */
record CustodyReport(
        VpgId vpg,
        long epoch,
        Optional<NewestCheckpoint> newest,
        Optional<JournalUsage> journal,
        Optional<VpgState> recovering,
        boolean testing,
        List<OperationId> openRecoveries,
        Optional<StagingView> staging) {}
