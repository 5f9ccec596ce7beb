package io.tidemark.replication.serve;

import io.tidemark.journal.VolumeView;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.util.List;

/** A journal's view as a read-only device. */
record ViewDevice(VolumeView view) implements BlockDevice {
    @Override
    public long sizeBytes() {
        return view.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        view.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        throw readOnlyRefusal();
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        throw readOnlyRefusal();
    }

    private IOException readOnlyRefusal() {
        return new AccessDeniedException(view.volume().toString(), null, "a checkpoint cannot be changed");
    }

    @Override
    public void flush() {
        // Nothing is ever written.
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return view.extents(offset, lengthBytes);
    }

    @Override
    public void close() throws IOException {
        view.close();
    }
}
