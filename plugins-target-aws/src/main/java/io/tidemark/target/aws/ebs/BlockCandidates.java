package io.tidemark.target.aws.ebs;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.ebs.model.ListSnapshotBlocksResponse;

/** The blocks of a volume that may have to be written, in ascending order. One thread. */
interface BlockCandidates {
    /** The next one; empty at the end. */
    Optional<Candidate> next() throws ProviderException, IOException;

    /** About how much of all has been given out, 0 to 1. */
    double progress();

    /**
     * A block.
     *
     * @param baseToken to read the base's block with; empty when the base has none, which reads as zeroes
     */
    record Candidate(int index, Rule rule, Optional<String> baseToken) {}

    /** When a candidate is written. */
    enum Rule {
        /** Known to differ from the base. */
        ALWAYS,
        /** There is no base: a block that is not written is zero. */
        UNLESS_ZERO,
        /** Unless it equals the base's block. */
        UNLESS_EQUAL
    }

    /** All blocks with data; there is no base. */
    static BlockCandidates ofDevice(BlockDevice device) {
        return new BlockCandidates() {
            private static final int ASKED_BLOCKS = 128;
            private final int count = Blocks.count(device.sizeBytes());
            private final BitSet data = new BitSet();
            private int asked;
            private int at;

            @Override
            public Optional<Candidate> next() throws IOException {
                while (true) {
                    int next = data.nextSetBit(at);
                    if (next >= 0) {
                        at = next + 1;
                        return Optional.of(new Candidate(next, Rule.UNLESS_ZERO, Optional.empty()));
                    }
                    if (asked >= count) {
                        at = count;
                        return Optional.empty();
                    }
                    ask();
                }
            }

            private void ask() throws IOException {
                long offset = (long) asked * Blocks.SIZE_BYTES;
                long length = Math.min((long) ASKED_BLOCKS * Blocks.SIZE_BYTES, device.sizeBytes() - offset);
                data.clear();
                for (BlockExtent extent : device.extents(offset, length)) {
                    if (extent.content() == BlockExtent.Content.DATA) {
                        mark(data, extent, count);
                    }
                }
                at = asked;
                asked = Math.min(count, asked + ASKED_BLOCKS);
            }

            @Override
            public double progress() {
                return count == 0 ? 1 : (double) Math.max(0, Math.min(at, count)) / count;
            }
        };
    }

    /** The blocks that extents touch. */
    static BlockCandidates ofExtents(List<BlockExtent> extents, long sizeBytes) {
        int count = Blocks.count(sizeBytes);
        BitSet touched = new BitSet();
        extents.forEach(extent -> mark(touched, extent, count));
        int all = touched.cardinality();
        return new BlockCandidates() {
            private int at;
            private int given;

            @Override
            public Optional<Candidate> next() {
                int next = touched.nextSetBit(at);
                if (next < 0) {
                    return Optional.empty();
                }
                at = next + 1;
                given++;
                return Optional.of(new Candidate(next, Rule.ALWAYS, Optional.empty()));
            }

            @Override
            public double progress() {
                return all == 0 ? 1 : (double) given / all;
            }
        };
    }

    /** All blocks, each with what the base has there. */
    static BlockCandidates ofComparison(Snapshots snapshots, String base, long sizeBytes, Deadline deadline) {
        int count = Blocks.count(sizeBytes);
        return new BlockCandidates() {
            private final Map<Integer, String> tokens = new HashMap<>();
            private int listed;
            private int at;

            @Override
            public Optional<Candidate> next() throws ProviderException {
                if (at >= count) {
                    return Optional.empty();
                }
                if (at >= listed) {
                    list();
                }
                return Optional.of(new Candidate(at, Rule.UNLESS_EQUAL, Optional.ofNullable(tokens.get(at++))));
            }

            // A window at a time: the tokens of a whole large snapshot would fill the memory.
            private void list() throws ProviderException {
                tokens.clear();
                ListSnapshotBlocksResponse page = snapshots.blocks(base, at, deadline);
                int last = at;
                for (var block : page.blocks()) {
                    tokens.put(block.blockIndex(), block.blockToken());
                    last = Math.max(last, block.blockIndex());
                }
                boolean more = page.nextToken() != null && !page.nextToken().isEmpty();
                listed = more ? last + 1 : count;
            }

            @Override
            public double progress() {
                return count == 0 ? 1 : (double) at / count;
            }
        };
    }

    private static void mark(BitSet blocks, BlockExtent extent, int count) {
        long first = extent.offset() / Blocks.SIZE_BYTES;
        long end = Math.min(count, (extent.endOffset() + Blocks.SIZE_BYTES - 1) / Blocks.SIZE_BYTES);
        if (first < end) {
            blocks.set((int) first, (int) end);
        }
    }
}
