package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The naive model: the list of all records, replayed over byte arrays. Makes random batches, and checks views against itself.
 */
final class Model {
    private record Op(RecordType type, int volume, int offset, int length, ByteBuffer data) {}

    /** A batch that was built, ready to be sent as often as one likes. */
    record Built(long firstPosition, long endPosition, ByteBuffer bytes) {
        ByteBuffer buffer() {
            return bytes.duplicate();
        }
    }

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final JournalSpec spec;
    private final List<Op> ops = new ArrayList<>();
    private final List<Built> batches = new ArrayList<>();
    private final TreeMap<Long, byte[][]> replays = new TreeMap<>();
    private boolean consistent;

    Model(JournalSpec spec) {
        this.spec = spec;
    }

    static JournalSpec spec(int... volumeSizes) {
        List<JournalVolume> volumes = new ArrayList<>();
        for (int i = 0; i < volumeSizes.length; i++) {
            volumes.add(new JournalVolume(new VolumeId("vm-1/disk" + i), volumeSizes[i]));
        }
        return new JournalSpec(new JournalId(new VpgId(new UUID(1, 2)), new VmId("vm-1")), volumes);
    }

    JournalSpec spec() {
        return spec;
    }

    long end() {
        return ops.size();
    }

    List<Built> batches() {
        return batches;
    }

    boolean consistent() {
        return consistent;
    }

    /** A random batch of up to {@code maxRecords} records, remembered. */
    Built nextBatch(Random random, int maxRecords, long epoch) {
        BatchBuilder builder = new BatchBuilder(256 * 1024);
        long first = ops.size();
        int records = 1 + random.nextInt(maxRecords);
        for (int i = 0; i < records; i++) {
            addRandom(random, builder);
        }
        return built(builder, first, epoch);
    }

    /** A batch that holds only a marker. */
    Built marker(RecordType type, long epoch) {
        BatchBuilder builder = new BatchBuilder(1024);
        long first = ops.size();
        addMarker(builder, type);
        return built(builder, first, epoch);
    }

    /** A batch with one write. */
    Built write(int volume, int offset, byte[] data, long epoch) {
        BatchBuilder builder = new BatchBuilder(data.length);
        long first = ops.size();
        builder.add(volume, offset, ByteBuffer.wrap(data));
        ops.add(new Op(RecordType.WRITE, volume, offset, data.length, ByteBuffer.wrap(data)));
        return built(builder, first, epoch);
    }

    /** The same with random data: what is written to one place again and again. */
    Built randomWrite(Random random, int volume, int offset, int length, long epoch) {
        byte[] data = new byte[length];
        random.nextBytes(data);
        return write(volume, offset, data, epoch);
    }

    private Built built(BatchBuilder builder, long first, long epoch) {
        ByteBuffer bytes = builder.build(first, epoch);
        Built built = new Built(first, ops.size(), bytes.asReadOnlyBuffer());
        batches.add(built);
        return built;
    }

    private void addMarker(BatchBuilder builder, RecordType type) {
        builder.addMarker(type);
        ops.add(new Op(type, 0, 0, 0, EMPTY));
        consistent = type == RecordType.SYNC_END;
    }

    private void addRandom(Random random, BatchBuilder builder) {
        int volume = random.nextInt(spec.volumes().size());
        int size = (int) spec.volumes().get(volume).sizeBytes();
        // Mostly aligned as real disks are, sometimes not, to find the edges.
        int unit = random.nextInt(4) == 0 ? 1 : 512;
        int offset = random.nextInt(size / unit) * unit;
        int kind = random.nextInt(20);
        int longest = Math.min(size - offset, kind < 3 ? size : 24 * 1024);
        int length = Math.max(1, (1 + random.nextInt(Math.max(1, longest / unit))) * unit);
        length = Math.min(length, size - offset);
        if (kind < 3) {
            RecordType type = kind == 0 ? RecordType.ZERO : RecordType.TRIM;
            builder.addZero(type, volume, offset, length);
            ops.add(new Op(type, volume, offset, length, EMPTY));
            return;
        }
        if (!builder.fits(length)) {
            return;
        }
        byte[] data = new byte[length];
        if (random.nextBoolean()) {
            random.nextBytes(data);
        } else {
            Arrays.fill(data, (byte) (1 + random.nextInt(255)));
        }
        builder.add(volume, offset, ByteBuffer.wrap(data));
        ops.add(new Op(RecordType.WRITE, volume, offset, length, ByteBuffer.wrap(data)));
    }

    /** The blocks of a volume that records between two positions touch. */
    BitSet touched(int volume, long from, long to, int blockBytes) {
        BitSet blocks = new BitSet();
        for (Op op : ops.subList((int) from, (int) to)) {
            if (op.volume == volume && op.length > 0) {
                blocks.set(op.offset / blockBytes, (op.offset + op.length - 1) / blockBytes + 1);
            }
        }
        return blocks;
    }

    /** What a volume holds after the first {@code position} records. */
    byte[] contents(int volume, long position) {
        return replayed(position)[volume].clone();
    }

    private byte[][] replayed(long position) {
        byte[][] known = replays.get(position);
        if (known == null) {
            known = replay(position);
            replays.put(position, known);
        }
        return known;
    }

    /** From the nearest position before it that was replayed. */
    private byte[][] replay(long position) {
        Map.Entry<Long, byte[][]> nearest = replays.floorEntry(position);
        byte[][] volumes = new byte[spec.volumes().size()][];
        for (int i = 0; i < volumes.length; i++) {
            volumes[i] =
                    nearest == null ? new byte[(int) spec.volumes().get(i).sizeBytes()] : nearest.getValue()[i].clone();
        }
        int from = nearest == null ? 0 : Math.toIntExact(nearest.getKey());
        for (Op op : ops.subList(from, (int) position)) {
            switch (op.type) {
                case WRITE -> op.data.get(0, volumes[op.volume], op.offset, op.length);
                case ZERO, TRIM -> Arrays.fill(volumes[op.volume], op.offset, op.offset + op.length, (byte) 0);
                case SYNC_BEGIN, SYNC_END -> {}
            }
        }
        return volumes;
    }

    /** J1: the view shows, byte by byte, what the model has; its extents claim zeroes only where there are some. */
    void check(VolumeView view) throws IOException {
        int volume = spec.indexOf(view.volume());
        byte[] expected = replayed(view.position())[volume];
        assertEquals(expected.length, view.sizeBytes());
        ByteBuffer actual = ByteBuffer.allocate(expected.length);
        view.read(0, actual);
        compare(view, expected, actual.array(), 0);
        checkExtents(view, expected);
    }

    /** The same for one range. */
    void checkRange(VolumeView view, int offset, int length) throws IOException {
        byte[] expected = replayed(view.position())[spec.indexOf(view.volume())];
        ByteBuffer actual = ByteBuffer.allocate(length);
        view.read(offset, actual);
        compare(view, Arrays.copyOfRange(expected, offset, offset + length), actual.array(), offset);
    }

    private static void compare(VolumeView view, byte[] expected, byte[] actual, int offset) {
        int at = Arrays.mismatch(expected, actual);
        if (at >= 0) {
            fail("J1: " + view.volume() + " at position " + view.position() + " differs at offset " + (offset + at)
                    + ": expected " + expected[at] + ", was " + actual[at]);
        }
    }

    private static void checkExtents(VolumeView view, byte[] expected) throws IOException {
        long at = 0;
        for (BlockExtent extent : view.extents(0, view.sizeBytes())) {
            assertEquals(at, extent.offset(), "extents cover the range without gaps");
            at = extent.endOffset();
            if (extent.content() == BlockExtent.Content.ZERO) {
                for (long i = extent.offset(); i < extent.endOffset(); i++) {
                    if (expected[(int) i] != 0) {
                        fail(view.volume() + " at position " + view.position() + ": byte " + i + " is claimed zero");
                    }
                }
            }
        }
        assertEquals(view.sizeBytes(), at);
    }

    /** Every volume at the end, and at every checkpoint. */
    void checkAll(Journal journal) throws IOException {
        for (JournalVolume volume : spec.volumes()) {
            try (VolumeView view = journal.openLatest(volume.id())) {
                check(view);
            }
            for (CheckpointRecord checkpoint : journal.checkpoints()) {
                try (VolumeView view = journal.openView(volume.id(), checkpoint.id())) {
                    assertEquals(checkpoint.position(), view.position());
                    check(view);
                }
            }
        }
    }
}
