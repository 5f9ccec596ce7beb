package io.tidemark.control.recovery;

import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.ProtectedVpg.MemberVolume;
import io.tidemark.control.staging.NearestStaged;
import io.tidemark.control.vpg.MemberDefinition;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.RecoveryOrigin.DiskOrigin;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.site.HypervisorSite;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/**
 * Creates the VMs of one recovery from what is staged at the target: each disk from the staged point that is nearest to the checkpoint.
 *
 * <p>Nothing of the choice is persisted: begun again after a kill it may fall on a newer point, which costs the target time and changes
 * no contents. One thread.
 */
final class StagedCreation {
    private final PreStaging target;
    private final NearestStaged nearest;
    private final RecoveryRecord recovery;
    private final CheckpointId checkpoint;
    private final List<StagedPoint> points;
    private final Duration limit;
    private long changedBytes;
    private int compared;
    private int whole;
    private int disks;

    private StagedCreation(
            PreStaging target,
            JournalStore journals,
            RecoveryRecord recovery,
            List<StagedPoint> points,
            Duration limit) {
        this.target = target;
        this.nearest = new NearestStaged(journals);
        this.recovery = recovery;
        this.checkpoint = recovery.checkpoint().map(CheckpointView::id).orElseThrow();
        this.points = points;
        this.limit = limit;
    }

    /**
     * Asks the target what is staged; empty when it stages nothing.
     *
     * @param limit for one VM; contents are written to the target in that time
     */
    static Optional<StagedCreation> begin(
            HypervisorSite site, JournalStore journals, RecoveryRecord recovery, Deadline deadline, Duration limit)
            throws ProviderException {
        Optional<PreStaging> target =
                site instanceof RecoverySite recoverySite ? recoverySite.preStaging() : Optional.empty();
        if (target.isEmpty()) {
            return Optional.empty();
        }
        List<StagedPoint> points = target.get().staged(recovery.vpg(), deadline);
        return Optional.of(new StagedCreation(target.get(), journals, recovery, points, limit));
    }

    VmId create(RecoveryVmSpec spec, MemberDefinition member, DoubleConsumer progress) throws ProviderException {
        List<DiskOrigin> origins = new ArrayList<>();
        for (MemberVolume volume : member.member().volumes()) {
            Optional<ChangesSince> changes = nearest.find(recovery.vpg(), volume.id(), checkpoint, points);
            count(changes);
            origins.add(new DiskOrigin(volume.id(), checkpoint, changes));
        }
        RecoveryOrigin origin = new RecoveryOrigin(recovery.vpg(), origins, Map.of());
        return target.create(spec, origin, recovery.id(), progress, Deadline.after(limit));
    }

    private void count(Optional<ChangesSince> changes) {
        disks++;
        if (changes.isEmpty()) {
            whole++;
        } else if (changes.get().extents().isEmpty()) {
            compared++;
        } else {
            changedBytes += NearestStaged.bytes(changes.get());
        }
    }

    /** What was brought to the target, for people. */
    String told() {
        int known = disks - compared - whole;
        List<String> parts = new ArrayList<>();
        if (known > 0) {
            parts.add(known + " disks from what was staged, with " + (changedBytes >> 10)
                    + " KiB changed since or before");
        }
        if (compared > 0) {
            parts.add(compared + " disks compared with what was staged");
        }
        if (whole > 0) {
            parts.add(whole + " disks in full, because nothing of them was staged");
        }
        return String.join(", ", parts);
    }
}
