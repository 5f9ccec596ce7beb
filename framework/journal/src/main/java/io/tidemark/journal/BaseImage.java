package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One volume at the floor of the journal: a sparse file, and a map of the 64 KiB blocks in it that hold data; the others read as zeroes
 * whatever the file holds there. 2 MiB of map per TiB. Any thread reads; the owner folds.
 *
 * <p>While segments are folded into it the file is neither the old nor the new floor's image. No view sees that: each view lies beyond the new
 * floor and overlays all that changes (see {@link BaseImageFold}).
 */
final class BaseImage {
    static final int BLOCK_BYTES = 64 * 1024;
    private static final int MAGIC = 0x424D4D54; // "TMMB"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 40;

    private final StoreFiles files;
    private final StoreFile file;
    private final Path mapPath;
    private final UUID incarnation;
    private final int volumeIndex;
    private final long sizeBytes;
    private final BaseSums sums;
    /** Never changed in place: a fold publishes a new one. */
    private volatile long[] map;
    /** The blocks that are being written; their checksums say nothing. */
    private volatile BitSet inFlux = new BitSet();
    /** Whether a fold was cut off before this journal was opened: which blocks it wrote is not known. */
    private volatile boolean inDoubt;
    /** Grows when a fold begins and when it ends. */
    private final AtomicLong folds = new AtomicLong();

    private BaseImage(
            StoreFiles files,
            StoreFile file,
            Path mapPath,
            UUID incarnation,
            int volumeIndex,
            long sizeBytes,
            long[] map,
            BaseSums sums,
            boolean inDoubt) {
        this.sums = sums;
        this.inDoubt = inDoubt;
        this.files = files;
        this.file = file;
        this.mapPath = mapPath;
        this.incarnation = incarnation;
        this.volumeIndex = volumeIndex;
        this.sizeBytes = sizeBytes;
        this.map = map;
    }

    static void create(StoreFiles files, JournalLayout layout, Manifest manifest, int volumeIndex) throws IOException {
        long sizeBytes = manifest.spec().volumes().get(volumeIndex).sizeBytes();
        try (StoreFile file = files.create(layout.baseImage(volumeIndex))) {
            if (sizeBytes > 0) {
                file.extendSparsely(sizeBytes);
            }
            file.sync();
        }
        long[] empty = new long[words(sizeBytes)];
        WholeFile.replace(
                files, layout.baseMap(volumeIndex), encode(manifest.incarnation(), volumeIndex, sizeBytes, empty));
    }

    static BaseImage open(StoreFiles files, JournalLayout layout, Manifest manifest, int volumeIndex)
            throws IOException {
        long sizeBytes = manifest.spec().volumes().get(volumeIndex).sizeBytes();
        Path mapPath = layout.baseMap(volumeIndex);
        ByteBuffer bytes = WholeFile.read(files, mapPath);
        Checksum.verify(bytes, MAGIC, VERSION, "the base map", mapPath);
        boolean right = bytes.limit() == HEADER_BYTES + 8 * words(sizeBytes) + Checksum.BYTES
                && bytes.getLong(8) == manifest.incarnation().getMostSignificantBits()
                && bytes.getLong(16) == manifest.incarnation().getLeastSignificantBits()
                && bytes.getLong(24) == sizeBytes
                && bytes.getInt(32) == volumeIndex
                && bytes.getInt(36) == BLOCK_BYTES;
        if (!right) {
            throw new JournalCorruptException("base map " + mapPath
                    + " belongs to another volume or journal. Put the right file back in its place");
        }
        long[] map = new long[words(sizeBytes)];
        bytes.position(HEADER_BYTES)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer()
                .get(map);
        StoreFile file = files.open(layout.baseImage(volumeIndex));
        long fileBytes = file.lengthBytes();
        if (fileBytes != sizeBytes) {
            file.close();
            throw new JournalCorruptException("base image " + layout.baseImage(volumeIndex) + " has " + fileBytes
                    + " bytes, its volume " + sizeBytes + ". Put the right file back in its place");
        }
        try {
            return new BaseImage(
                    files,
                    file,
                    mapPath,
                    manifest.incarnation(),
                    volumeIndex,
                    sizeBytes,
                    map,
                    BaseSums.open(files, layout.baseSums(volumeIndex), volumeIndex, sizeBytes),
                    manifest.viewFloorPosition() > manifest.floorPosition());
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static int words(long sizeBytes) {
        return Math.toIntExact(Math.ceilDiv(Math.ceilDiv(sizeBytes, BLOCK_BYTES), 64L));
    }

    private static ByteBuffer encode(UUID incarnation, int volumeIndex, long sizeBytes, long[] map) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + 8 * map.length + Checksum.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(MAGIC).putInt(VERSION);
        bytes.putLong(incarnation.getMostSignificantBits()).putLong(incarnation.getLeastSignificantBits());
        bytes.putLong(sizeBytes).putInt(volumeIndex).putInt(BLOCK_BYTES);
        bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(map);
        Checksum.seal(bytes.rewind());
        return bytes;
    }

    Path path() {
        return file.path();
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** Bytes that hold data. */
    long usedBytes() {
        long blocks = 0;
        for (long word : map) {
            blocks += Long.bitCount(word);
        }
        return Math.min(sizeBytes, blocks * BLOCK_BYTES);
    }

    static boolean isSet(long[] map, long block) {
        return (map[(int) (block >>> 6)] & (1L << block)) != 0;
    }

    /** Whether the block that holds this offset is known to be zero. */
    boolean isZeroAt(long offset) {
        return !isSet(map, offset / BLOCK_BYTES);
    }

    /** Fills {@code into}; the range is inside the volume. */
    void read(long offset, ByteBuffer into) throws IOException {
        long[] current = map;
        long at = offset;
        while (into.hasRemaining()) {
            long block = at / BLOCK_BYTES;
            int part = (int) Math.min(into.remaining(), (block + 1) * BLOCK_BYTES - at);
            ByteBuffer target = into.slice(into.position(), part);
            if (isSet(current, block)) {
                readVerified(at, target);
            } else {
                target.put(new byte[part]);
            }
            into.position(into.position() + part);
            at += part;
        }
    }

    /** Reads inside one block. */
    private void readVerified(long offset, ByteBuffer into) throws IOException {
        long first = offset / BaseSums.UNIT_BYTES * BaseSums.UNIT_BYTES;
        long end =
                Math.min(Math.ceilDiv(offset + into.remaining(), BaseSums.UNIT_BYTES) * BaseSums.UNIT_BYTES, sizeBytes);
        ByteBuffer units = ByteBuffer.allocate((int) (end - first));
        while (true) {
            long before = folds.get();
            file.read(first, units.clear());
            long wrong = firstWrong(first, units);
            if (wrong < 0 || isUnverifiable(offset / BLOCK_BYTES)) {
                into.put(units.array(), (int) (offset - first), into.remaining());
                return;
            }
            if (folds.get() == before) {
                throw new JournalCorruptException(
                        "base image " + file.path() + " is damaged at offset " + wrong
                                + ": it does not match its checksum. Restore the file from another copy, or protect the VM anew");
            }
        }
    }

    private boolean isUnverifiable(long block) {
        return inDoubt || inFlux.get((int) block);
    }

    /** The offset of the first unit that does not match its checksum; -1 if there is none. */
    private long firstWrong(long first, ByteBuffer units) throws IOException {
        for (int at = 0; at < units.limit(); at += BaseSums.UNIT_BYTES) {
            int sum = sums.get((first + at) / BaseSums.UNIT_BYTES);
            int length = Math.min(BaseSums.UNIT_BYTES, units.limit() - at);
            if (sum != 0 && sum != BaseSums.of(units, at, length)) {
                return first + at;
            }
        }
        return -1;
    }

    /** Reads one unit that is to be changed in part. @return whether it is as it was written, or nothing is known of that */
    boolean readUnit(long unit, ByteBuffer into) throws IOException {
        file.read(unit * BaseSums.UNIT_BYTES, into);
        int sum = sums.get(unit);
        return sum == 0 || inDoubt || sum == BaseSums.of(into, 0, into.limit());
    }

    /** Blocks are going to be written. */
    void begin(BitSet touched) {
        // What an attempt before this one wrote has no checksums yet.
        inDoubt |= !inFlux.isEmpty();
        inFlux = touched;
        folds.incrementAndGet();
    }

    /** All that was cut off has been folded again. */
    void settle() {
        // In this order, so that whoever finds the blocks settled again also finds that a fold has ended.
        folds.incrementAndGet();
        inDoubt = false;
        inFlux = new BitSet();
    }

    long[] copyOfMap() {
        return map.clone();
    }

    void write(long offset, ByteBuffer data) throws IOException {
        file.write(offset, data);
    }

    /** Makes what was written durable, then the map, then shows it to views that open from now on. */
    void commit(long[] folded, BaseSums.Changes changes) throws IOException {
        file.sync();
        sums.write(changes);
        WholeFile.replace(files, mapPath, encode(incarnation, volumeIndex, sizeBytes, folded));
        map = folded;
    }

    void close() throws IOException {
        try {
            sums.close();
        } finally {
            file.close();
        }
    }
}
