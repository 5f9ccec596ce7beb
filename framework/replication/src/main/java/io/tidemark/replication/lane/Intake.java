package io.tidemark.replication.lane;

import static io.tidemark.replication.wire.LaneMessage.DIGEST_BLOCK_BYTES;

import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.replication.lane.Lane.Contents;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.tracking.VolumeChanges;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Where each write of a lane goes: into the order log; nowhere, because the recovery site is known to hold it; or, when memory is full,
 * into the set of dirty blocks.
 *
 * <p>Not thread-safe; guarded by the lane's lock.
 */
final class Intake {
    private final OrderLog log;
    private final LaneVolume[] volumes;

    Intake(OrderLog log, List<JournalVolume> volumes) {
        this.log = log;
        this.volumes = volumes.stream()
                .map(volume -> new LaneVolume(volume.sizeBytes()))
                .toArray(LaneVolume[]::new);
    }

    /** What became of a write. */
    enum Admission {
        /** It is on its way, or need not be. */
        TAKEN,
        /** Memory was full: at least a part of it is dirty now. */
        DIRTY
    }

    /** Takes bytes written to a volume; in a sync block by block, so that they can be compared, else in pieces that fit a batch. */
    Admission write(int index, long offset, ByteBuffer data, Phase phase) {
        int unit = phase == Phase.SYNCING ? DIGEST_BLOCK_BYTES : OrderLog.BATCH_BYTES;
        Admission admission = Admission.TAKEN;
        int from = data.position();
        while (from < data.limit()) {
            long at = offset + from - data.position();
            int length = (int) Math.min(data.limit() - from, unit - at % unit);
            if (append(index, at, data.slice(from, length)) == Admission.DIRTY) {
                admission = Admission.DIRTY;
            }
            from += length;
        }
        return admission;
    }

    private Admission append(int index, long offset, ByteBuffer piece) {
        LaneVolume volume = volumes[index];
        int length = piece.remaining();
        volume.overtakeRead(offset, length);
        if (volume.isHeldRemotely(offset, piece)) {
            return Admission.TAKEN;
        }
        volume.forgetKnown(offset, length);
        if (log.offerWrite(index, offset, piece, System.nanoTime())) {
            return Admission.TAKEN;
        }
        volume.markDirty(offset, length);
        return Admission.DIRTY;
    }

    /** Takes a range that now reads as zeroes. */
    Admission zero(RecordType type, int index, long offset, long lengthBytes) {
        LaneVolume volume = volumes[index];
        volume.overtakeRead(offset, lengthBytes);
        if (volume.isKnownZero(offset, lengthBytes)) {
            return Admission.TAKEN;
        }
        volume.forgetKnown(offset, lengthBytes);
        if (log.offerZero(type, index, offset, lengthBytes, System.nanoTime())) {
            return Admission.TAKEN;
        }
        volume.markDirty(offset, lengthBytes);
        return Admission.DIRTY;
    }

    /** What a freeze shows as changed has to be read; what reaches beyond a volume does not exist. */
    void markDirty(List<VolumeChanges> changes) {
        for (int i = 0; i < volumes.length; i++) {
            LaneVolume volume = volumes[i];
            for (BlockExtent extent : changes.get(i).extents()) {
                long end = Math.min(extent.endOffset(), volume.sizeBytes());
                if (extent.offset() < end) {
                    volume.markDirty(extent.offset(), end - extent.offset());
                }
            }
        }
    }

    /** Takes dirty blocks that were read from the source; a run of zeroes travels as such. */
    void syncRead(int index, long offset, ByteBuffer data) {
        int from = data.position();
        while (from < data.limit()) {
            long at = offset + from - data.position();
            int length = (int) Math.min(data.limit() - from, DIGEST_BLOCK_BYTES - at % DIGEST_BLOCK_BYTES);
            ByteBuffer piece = data.slice(from, length);
            if (KnownContents.isZero(piece)) {
                if (!volumes[index].isHeldRemotely(at, piece)) {
                    zero(RecordType.ZERO, index, at, length);
                }
            } else {
                append(index, at, piece);
            }
            from += length;
        }
    }

    LaneVolume volume(int index) {
        return volumes[index];
    }

    void compareWith(List<KnownContents> known) {
        for (int i = 0; i < volumes.length; i++) {
            volumes[i].compareWith(known.get(i));
        }
    }

    void stopComparing() {
        for (LaneVolume volume : volumes) {
            volume.stopComparing();
        }
    }

    void begin(Contents contents) {
        for (LaneVolume volume : volumes) {
            volume.begin(contents);
        }
    }

    void reset() {
        for (LaneVolume volume : volumes) {
            volume.reset();
        }
    }

    /** Whether nothing is dirty, being read, or still to be delivered. */
    boolean isClean() {
        for (LaneVolume volume : volumes) {
            if (!volume.isClean()) {
                return false;
            }
        }
        return true;
    }

    /** Index of a volume with dirty blocks, or -1. */
    int dirtyVolume() {
        for (int i = 0; i < volumes.length; i++) {
            if (volumes[i].hasDirty()) {
                return i;
            }
        }
        return -1;
    }

    long dirtyBytes() {
        long bytes = 0;
        for (LaneVolume volume : volumes) {
            bytes += volume.dirtyBytes();
        }
        return bytes;
    }

    long syncedBytes() {
        long bytes = 0;
        for (LaneVolume volume : volumes) {
            bytes += volume.syncedBytes();
        }
        return bytes;
    }

    long totalBytes() {
        long bytes = 0;
        for (LaneVolume volume : volumes) {
            bytes += volume.sizeBytes();
        }
        return bytes;
    }
}
