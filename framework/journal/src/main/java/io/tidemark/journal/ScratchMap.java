package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Says for each 4 KiB block of a scratch where its contents are. Kept in sectors of 512 bytes that are written in place, each on its own
 * valid before and after: two bits per block, 64 MiB per TiB that was written. Guarded by the scratch's lock.
 */
final class ScratchMap {
    /** Where the contents of a block are. */
    enum State {
        /** In the view. */
        VIEW(0),
        /** In the scratch file. */
        DATA(1),
        /** Nowhere: zeroes. */
        ZERO(2);

        private final int bits;

        State(int bits) {
            this.bits = bits;
        }

        static State ofBits(int bits) {
            return switch (bits) {
                case 0 -> VIEW;
                case 1 -> DATA;
                case 2 -> ZERO;
                default -> throw new IllegalArgumentException("no state has the bits " + bits);
            };
        }
    }

    static final int BLOCK_BYTES = 4096;
    private static final int HEADER_BYTES = 4096;
    private static final int SECTOR_BYTES = 512;
    private static final int STATES_AT = 4;
    private static final int CRC_AT = SECTOR_BYTES - Checksum.BYTES;
    private static final int BLOCKS_PER_SECTOR = (CRC_AT - STATES_AT) * 4;
    private static final int SECTORS_PER_READ = 2048;
    private static final int MAGIC = 0x4D435354; // "TSCM"
    private static final int VERSION = 1;

    private final StoreFile file;
    private final Map<Integer, ByteBuffer> sectors = new TreeMap<>();
    private final TreeSet<Integer> dirty = new TreeSet<>();

    private ScratchMap(StoreFile file) {
        this.file = file;
    }

    /** What a scratch belongs to. */
    record Identity(UUID incarnation, int volumeIndex, long position, long sizeBytes) {
        ByteBuffer encode() {
            ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(MAGIC).putInt(VERSION);
            bytes.putLong(incarnation.getMostSignificantBits()).putLong(incarnation.getLeastSignificantBits());
            bytes.putLong(sizeBytes).putLong(position).putInt(volumeIndex).putInt(BLOCK_BYTES);
            Checksum.seal(bytes.rewind());
            return bytes;
        }
    }

    static ScratchMap open(StoreFiles files, Path path, Identity identity) throws IOException {
        if (!files.exists(path)) {
            WholeFile.replace(files, path, identity.encode());
        }
        StoreFile file = files.open(path);
        try {
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            file.read(0, header);
            Checksum.verify(header.flip(), MAGIC, VERSION, "the scratch map", path);
            if (!header.equals(identity.encode())) {
                throw new JournalRefusedException(
                        JournalRefusedException.Reason.NOT_THIS_VIEW,
                        "scratch map " + path + " belongs to another volume, checkpoint or journal. Use another file"
                                + " name, or discard that scratch first");
            }
            ScratchMap map = new ScratchMap(file);
            map.load();
            return map;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private void load() throws IOException {
        int count = (int) Math.min(Integer.MAX_VALUE, (file.lengthBytes() - HEADER_BYTES) / SECTOR_BYTES);
        for (int first = 0; first < count; first += SECTORS_PER_READ) {
            int part = Math.min(SECTORS_PER_READ, count - first);
            ByteBuffer bytes = ByteBuffer.allocate(part * SECTOR_BYTES);
            file.read(offsetOf(first), bytes);
            for (int i = 0; i < part; i++) {
                ByteBuffer sector = ByteBuffer.allocate(SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
                sector.put(bytes.slice(i * SECTOR_BYTES, SECTOR_BYTES)).flip();
                load(first + i, sector);
            }
        }
    }

    private void load(int index, ByteBuffer sector) throws JournalCorruptException {
        if (sector.equals(ByteBuffer.allocate(SECTOR_BYTES))) {
            return;
        }
        if (!Checksum.matches(sector) || sector.getInt(0) != index) {
            throw new JournalCorruptException("scratch map " + file.path() + " is damaged at offset " + offsetOf(index)
                    + ": discard this scratch; the checkpoint below it is not affected");
        }
        sectors.put(index, sector);
    }

    private static long offsetOf(int sector) {
        return HEADER_BYTES + (long) sector * SECTOR_BYTES;
    }

    boolean isEmpty() {
        return sectors.isEmpty();
    }

    State get(long block) {
        ByteBuffer sector = sectors.get((int) (block / BLOCKS_PER_SECTOR));
        if (sector == null) {
            return State.VIEW;
        }
        int inSector = (int) (block % BLOCKS_PER_SECTOR);
        int bits = sector.get(STATES_AT + inSector / 4) >>> (2 * (inSector % 4));
        return State.ofBits(bits & 3);
    }

    void set(long block, State state) {
        if (get(block) == state) {
            return;
        }
        int index = (int) (block / BLOCKS_PER_SECTOR);
        ByteBuffer sector = sectors.computeIfAbsent(index, i -> ByteBuffer.allocate(SECTOR_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0, i));
        int inSector = (int) (block % BLOCKS_PER_SECTOR);
        int at = STATES_AT + inSector / 4;
        int shift = 2 * (inSector % 4);
        sector.put(at, (byte) ((sector.get(at) & ~(3 << shift)) | (state.bits << shift)));
        dirty.add(index);
    }

    /** Makes all states durable; the data that they speak of must be durable already. */
    void sync() throws IOException {
        for (int index : dirty) {
            ByteBuffer sector = sectors.get(index);
            if (sector == null) {
                throw new IllegalStateException("dirty sector " + index + " is missing");
            }
            sector.putInt(CRC_AT, BatchFormat.crc(sector, 0, CRC_AT));
            file.write(offsetOf(index), sector.duplicate());
        }
        if (!dirty.isEmpty()) {
            file.sync();
            dirty.clear();
        }
    }

    void close() throws IOException {
        file.close();
    }
}
