package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.JournalStore.JournalUsage;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VpgId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A VPG as this site sees it now.
 *
 * @param role what this site is to it
 * @param detail one or two sentences about the state, for people
 * @param testing whether a failover test is open
 * @param peer the other site: the recovery site on the protected one, the source on the recovery one
 * @param epoch ownership term (J7)
 * @param rpo age of the newest selectable checkpoint; empty when there is none
 * @param newestCheckpoint newest selectable one
 * @param journal space and history; known on the recovery site, and on the protected one as last reported
 * @param staging what is at the recovery target ahead of a recovery; empty where the target stages nothing
 * @param openRecoveries recoveries that are not finished
 * @param version grows with every change of the definition or life cycle
 */
public record VpgView(
        VpgId id,
        String name,
        VpgRole role,
        VpgState state,
        String detail,
        boolean testing,
        SiteId peer,
        String peerName,
        String recoveryHypervisor,
        VpgPolicy policy,
        long epoch,
        List<MemberView> members,
        Optional<Duration> rpo,
        Optional<NewestCheckpoint> newestCheckpoint,
        Optional<JournalUsage> journal,
        Optional<StagingView> staging,
        List<OperationId> openRecoveries,
        Instant createdAt,
        long version) {
    public VpgView {
        members = List.copyOf(members);
        openRecoveries = List.copyOf(openRecoveries);
    }

    /** A strong entity tag; the same as long as definition and life cycle are. */
    public String etag() {
        return "\"v" + version + "\"";
    }

    /** The newest recovery point. */
    public record NewestCheckpoint(CheckpointId id, Instant time) {}
}
