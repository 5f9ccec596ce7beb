package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Is told of everything that the guest does to one disk. Guarded by the lock of its disk. */
interface DiskTrace {
    /** Keeps no record. */
    DiskTrace NONE = new DiskTrace() {
        @Override
        public void poweredOn(BlockDevice contents) {}

        @Override
        public void issued(long offset, ByteBuffer data) {}

        @Override
        public void acknowledged() {}

        @Override
        public void close() {}
    };

    /** The guest starts on these contents. */
    void poweredOn(BlockDevice contents) throws IOException;

    /** A write begins. */
    void issued(long offset, ByteBuffer data) throws IOException;

    /** The write that was issued last is about to be acknowledged: it is captured and in the contents. */
    void acknowledged() throws IOException;

    void close() throws IOException;
}
