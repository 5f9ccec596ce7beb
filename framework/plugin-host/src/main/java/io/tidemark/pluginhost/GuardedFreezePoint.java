package io.tidemark.pluginhost;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import java.time.Instant;
import java.util.Optional;

/** Guards a freeze point; extents that are out of order never reach the host. The frozen device is the data path and goes through no guard. */
final class GuardedFreezePoint implements FreezePoint {
    private final FreezePoint inner;
    private final Guard guard;

    GuardedFreezePoint(FreezePoint inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public Instant takenAt() {
        // The oldest moment claims the least.
        return guard.askOr("FreezePoint.takenAt", Instant.EPOCH, inner::takenAt);
    }

    @Override
    public ChangeToken token(VolumeId volume) {
        Guard.argument("volume", volume);
        // A token that nobody gave is answered with a full comparison.
        return guard.askOr("FreezePoint.token", new ChangeToken("none"), () -> inner.token(volume));
    }

    @Override
    public VolumeChanges changes(VolumeId volume, Optional<ChangeToken> since, Deadline deadline)
            throws ProviderException {
        Guard.argument("volume", volume);
        Guard.argument("since", since);
        String method = "FreezePoint.changes";
        VolumeChanges changes = guard.call(method, deadline, () -> inner.changes(volume, since, deadline));
        long at = 0;
        for (BlockExtent extent : changes.extents()) {
            if (extent.offset() < at) {
                throw guard.defect(method, "its extents are out of order or overlap at " + extent.offset(), null);
            }
            at = extent.endOffset();
        }
        return changes;
    }

    @Override
    public BlockDevice open(VolumeId volume, Deadline deadline) throws ProviderException {
        Guard.argument("volume", volume);
        return guard.call("FreezePoint.open", deadline, () -> inner.open(volume, deadline));
    }

    @Override
    public void release(Deadline deadline) throws ProviderException {
        guard.run("FreezePoint.release", deadline, () -> inner.release(deadline));
    }

    @Override
    public void close() {
        guard.quietly("FreezePoint.close", inner::close);
    }
}
