package io.tidemark.bench.load;

import io.tidemark.journal.VolumeView;
import io.tidemark.nbd.NbdAbility;
import io.tidemark.nbd.NbdExport;
import io.tidemark.nbd.NbdExtent;
import io.tidemark.nbd.NbdZeroMode;
import io.tidemark.spi.block.BlockExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A view as the NBD server sees it, with what the product offers of one. Threads: those of the server's connections. */
public record ViewExport(VolumeView view) implements NbdExport {
    @Override
    public long sizeBytes() {
        return view.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public Set<NbdAbility> abilities() {
        return EnumSet.of(NbdAbility.MULTI_CONN, NbdAbility.BLOCK_STATUS);
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
    public void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) throws IOException {
        throw readOnlyRefusal();
    }

    @Override
    public void trim(long offset, long lengthBytes) throws IOException {
        throw readOnlyRefusal();
    }

    private IOException readOnlyRefusal() {
        return new IOException("a view of " + view.volume() + " cannot be changed");
    }

    @Override
    public void flush() {
        // Nothing is ever written.
    }

    @Override
    public List<NbdExtent> extents(long offset, long lengthBytes) throws IOException {
        return view.extents(offset, lengthBytes).stream()
                .map(extent -> new NbdExtent(
                        extent.offset(),
                        extent.lengthBytes(),
                        extent.content() == BlockExtent.Content.DATA
                                ? NbdExtent.Content.DATA
                                : NbdExtent.Content.ZERO_HOLE))
                .toList();
    }
}
