package io.tidemark.replication.tracking;

import io.tidemark.journal.JournalVolume;
import io.tidemark.replication.lane.FrozenPass;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One VM of a tracked VPG: its freeze, if there is one, and the tokens of the last one that its lane took up.
 *
 * <p>A token belongs to the lane's dirty blocks: what the lane sent or still holds, with its dirty blocks read again, is the state that the token
 * names. A lane that lost any of it is only prepared, and then the tokens are void: everything is compared with what the recovery site holds.
 *
 * <p>Used by its VPG's driver, and by one thread of it at a time while VMs are frozen or copied.
 */
final class TrackedMember {
    private static final Logger LOG = LoggerFactory.getLogger(TrackedMember.class);

    private final Lane lane;
    private final SiteLookup site;
    private final Duration callLimit;
    private final Duration retryPause;
    private final Map<VolumeId, ChangeToken> tokens = new HashMap<>();
    private @Nullable FreezePoint point;

    TrackedMember(Lane lane, SiteLookup site, Duration callLimit, Duration retryPause) {
        this.lane = lane;
        this.site = site;
        this.callLimit = callLimit;
        this.retryPause = retryPause;
    }

    /** Finds the hypervisor that runs the VM, now. */
    @FunctionalInterface
    interface SiteLookup {
        HypervisorSite site() throws ProviderException;
    }

    Lane lane() {
        return lane;
    }

    VmId vm() {
        return lane.spec().vm();
    }

    private ChangeTracking tracking() throws ProviderException {
        return site.site()
                .changeTracking()
                .orElseThrow(() -> new ProviderException(
                        FailureKind.UNSUPPORTED,
                        "Cannot protect VM " + vm() + " by snapshots",
                        "its hypervisor tracks no changes any more",
                        "Look at the hypervisor's settings and plugin version, then pause and resume the VPG"));
    }

    Duration shortestInterval() throws ProviderException {
        return tracking().shortestInterval();
    }

    /** Freezes the VM; returns the moment of which its state is. */
    Instant freeze() throws ProviderException {
        List<VolumeId> volumes =
                lane.spec().volumes().stream().map(JournalVolume::id).toList();
        FreezePoint frozen = tracking().freeze(vm(), volumes, Deadline.after(callLimit));
        point = frozen;
        return frozen.takenAt();
    }

    /** Has the lane take up what changed since the freeze before; returns why it does not, or empty. */
    Optional<String> begin() throws ProviderException {
        FreezePoint frozen = frozen();
        if (lane.phase() == Phase.PREPARED || lane.phase() == Phase.IDLE) {
            tokens.clear();
        }
        List<VolumeChanges> changes = new ArrayList<>();
        Map<VolumeId, ChangeToken> next = new HashMap<>();
        for (JournalVolume volume : lane.spec().volumes()) {
            changes.add(frozen.changes(
                    volume.id(), Optional.ofNullable(tokens.get(volume.id())), Deadline.after(callLimit)));
            next.put(volume.id(), frozen.token(volume.id()));
        }
        if (!lane.beginFrozen(changes)) {
            tokens.clear();
            return Optional.of(lane.status().detail());
        }
        tokens.putAll(next);
        return Optional.empty();
    }

    /** Copies the frozen contents into the lane and gives the hypervisor its storage back; returns why it stopped early, or empty. */
    Optional<String> copy(Supplier<Optional<String>> giveUp) throws InterruptedException {
        FreezePoint frozen = frozen();
        try {
            return new FrozenPass(lane, volume -> frozen.open(volume, Deadline.after(callLimit)), retryPause)
                    .run(giveUp);
        } finally {
            release();
        }
    }

    private FreezePoint frozen() {
        FreezePoint frozen = point;
        if (frozen == null) {
            throw new IllegalStateException("VM " + vm() + " is not frozen");
        }
        return frozen;
    }

    /** Gives back what is frozen, if anything is. */
    void release() {
        FreezePoint ending = point;
        point = null;
        if (ending == null) {
            return;
        }
        try {
            ending.release(Deadline.after(callLimit));
        } catch (ProviderException e) {
            LOG.atWarn()
                    .addKeyValue("vm", vm())
                    .log("A freeze was not released; closing it, and the next freeze cleans up: {}", e.getMessage());
        } finally {
            ending.close();
        }
    }

    /** Protection of the VM has ended: nothing of ours stays at the hypervisor. */
    void forget() {
        try {
            tracking().forget(vm(), Deadline.after(callLimit));
        } catch (ProviderException e) {
            LOG.atWarn()
                    .addKeyValue("vm", vm())
                    .log("Whether anything stayed frozen of a VM is not known: {}", e.getMessage());
        }
    }
}
