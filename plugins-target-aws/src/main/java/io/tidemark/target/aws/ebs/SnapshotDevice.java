package io.tidemark.target.aws.ebs;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.services.ebs.model.ListSnapshotBlocksResponse;

/**
 * A finished snapshot as a read-only device; each block is checked against EBS's checksum of it. Any thread; calls block.
 *
 * <p>EBS lists a snapshot's blocks with those that it has from the one that it was made on; emulators may list its own alone. Looking there too is
 * right for both: what EBS does not list in a snapshot, it does not list in its parent either.
 */
public final class SnapshotDevice implements BlockDevice {
    private static final Duration READ_LIMIT = Duration.ofMinutes(2);

    /** One snapshot and the tokens of the blocks that it holds. */
    private record Layer(String snapshot, TreeMap<Integer, String> tokens) {}

    private final long sizeBytes;
    private final BlockCalls calls;
    /** The snapshot, then what it was made on, and so on; blocks that none holds read as zeroes. */
    private final List<Layer> layers;

    private int lastIndex = -1;
    private byte[] lastBlock = new byte[0];

    private SnapshotDevice(long sizeBytes, BlockCalls calls, List<Layer> layers) {
        this.sizeBytes = sizeBytes;
        this.calls = calls;
        this.layers = List.copyOf(layers);
    }

    /** @param lineage the snapshot, then what it was made on, and so on as far as it is still there */
    static SnapshotDevice open(
            List<String> lineage, long sizeBytes, Snapshots snapshots, BlockCalls calls, Deadline deadline)
            throws ProviderException {
        List<Layer> layers = new ArrayList<>();
        for (String snapshot : lineage) {
            layers.add(new Layer(snapshot, tokens(snapshot, sizeBytes, snapshots, deadline)));
        }
        return new SnapshotDevice(sizeBytes, calls, layers);
    }

    private static TreeMap<Integer, String> tokens(
            String snapshot, long sizeBytes, Snapshots snapshots, Deadline deadline) throws ProviderException {
        TreeMap<Integer, String> tokens = new TreeMap<>();
        int next = 0;
        while (next < Blocks.count(sizeBytes)) {
            ListSnapshotBlocksResponse page = snapshots.blocks(snapshot, next, deadline);
            page.blocks().forEach(block -> tokens.put(block.blockIndex(), block.blockToken()));
            if (page.nextToken() == null || page.blocks().isEmpty()) {
                break;
            }
            next = page.blocks().getLast().blockIndex() + 1;
        }
        return tokens;
    }

    private Optional<Layer> holder(int index) {
        return layers.stream().filter(layer -> layer.tokens.containsKey(index)).findFirst();
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int index = Math.toIntExact(at / Blocks.SIZE_BYTES);
            int within = (int) (at % Blocks.SIZE_BYTES);
            int part = Math.min(into.remaining(), Blocks.SIZE_BYTES - within);
            into.put(block(index), within, part);
            at += part;
        }
    }

    private synchronized byte[] block(int index) throws IOException {
        if (index != lastIndex) {
            Optional<Layer> holder = holder(index);
            try {
                lastBlock = holder.isEmpty()
                        ? new byte[Blocks.SIZE_BYTES]
                        : calls.get(
                                holder.get().snapshot,
                                index,
                                String.valueOf(holder.get().tokens.get(index)),
                                Deadline.after(READ_LIMIT));
            } catch (ProviderException failed) {
                throw new IOException(failed.getMessage(), failed);
            }
            lastIndex = index;
        }
        return lastBlock;
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) {
        List<BlockExtent> extents = new ArrayList<>();
        long end = offset + lengthBytes;
        for (long at = offset; at < end; ) {
            long index = at / Blocks.SIZE_BYTES;
            long next = Math.min(end, (index + 1) * Blocks.SIZE_BYTES);
            extents.add(new BlockExtent(
                    at,
                    next - at,
                    holder((int) index).isPresent() ? BlockExtent.Content.DATA : BlockExtent.Content.ZERO));
            at = next;
        }
        return extents;
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
        return new IOException("snapshot " + layers.getFirst().snapshot + " cannot be changed");
    }

    @Override
    public void flush() {
        // Nothing is ever written.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
