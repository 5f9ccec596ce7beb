package io.tidemark.hypervisor.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The growing copy of a disk that is being promoted. A failed write of the guest's stream fails the copy and never the guest. Guarded by
 * the lock of its disk.
 */
final class DiskCopy {
    private final FileDisk target;
    private @Nullable IOException failure;

    DiskCopy(FileDisk target) {
        this.target = target;
    }

    FileDisk target() {
        return target;
    }

    /** A write of the guest, which goes to the old contents and here. */
    void write(long offset, ByteBuffer data) {
        try {
            target.write(offset, data);
        } catch (IOException failed) {
            failure = failed;
        }
    }

    /** A piece of the old contents. */
    void writePiece(long offset, ByteBuffer data) throws IOException {
        requireComplete();
        target.write(offset, data);
    }

    /** Every write of the guest since the copy began is in it. */
    void requireComplete() throws IOException {
        IOException earlier = failure;
        if (earlier != null) {
            throw new IOException("a write of the guest did not reach the copy", earlier);
        }
    }
}
