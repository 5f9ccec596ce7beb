package io.tidemark.journal;

import io.tidemark.spi.id.CheckpointId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** One entry of the checkpoint log: a multiple of 64 bytes. */
sealed interface CheckpointEntry {
    int SLOT_BYTES = 64;
    int MAX_BYTES = SLOT_BYTES + CheckpointRecord.MAX_TAG_BYTES;
    int MAGIC = 0x50434D54; // "TMCP"
    int CRC_AT = 60;
    int RANGE_BYTES = 16;

    /** A new checkpoint; one that is damaged only where a log is rewritten. */
    record Add(CheckpointRecord checkpoint, boolean damaged) implements CheckpointEntry {
        Add(CheckpointRecord checkpoint) {
            this(checkpoint, false);
        }

        @Override
        public CheckpointTable applyTo(CheckpointTable table, Path path, long offset) throws JournalCorruptException {
            CheckpointRecord newest = table.newest().orElse(null);
            if (newest != null
                    && (newest.id().value() >= checkpoint.id().value() || newest.position() > checkpoint.position())) {
                throw new JournalCorruptException("checkpoint log " + path + " is out of order at offset " + offset
                        + ": " + checkpoint + " follows " + newest);
            }
            long id = checkpoint.id().value();
            return damaged ? table.with(checkpoint).withDamage(id, id, true) : table.with(checkpoint);
        }

        @Override
        public ByteBuffer encode(long offset) {
            byte[] tag = checkpoint.tag().getBytes(StandardCharsets.UTF_8);
            ByteBuffer bytes = slots(1, Math.ceilDiv(SLOT_BYTES + tag.length, SLOT_BYTES) * SLOT_BYTES);
            bytes.put(5, CheckpointCodes.of(checkpoint.kind()));
            bytes.put(6, CheckpointCodes.of(checkpoint.pinning()));
            bytes.put(7, (byte) (damaged ? 1 : 0));
            bytes.putShort(8, (short) tag.length);
            bytes.putLong(16, checkpoint.id().value());
            bytes.putLong(24, checkpoint.position());
            Instant time = checkpoint.time();
            bytes.putLong(32, time.getEpochSecond());
            bytes.putInt(40, time.getNano());
            bytes.put(SLOT_BYTES, tag);
            return sealed(bytes, offset);
        }
    }

    /** A checkpoint is pinned, or no longer. */
    record Pin(CheckpointId id, Pinning pinning) implements CheckpointEntry {
        @Override
        public CheckpointTable applyTo(CheckpointTable table, Path path, long offset) {
            return table.withPinning(id, pinning);
        }

        @Override
        public ByteBuffer encode(long offset) {
            ByteBuffer bytes = slots(2, SLOT_BYTES);
            bytes.put(6, CheckpointCodes.of(pinning));
            bytes.putLong(16, id.value());
            return sealed(bytes, offset);
        }
    }

    /** All unpinned checkpoints with a smaller id are gone. */
    record Expire(long bound) implements CheckpointEntry {
        @Override
        public CheckpointTable applyTo(CheckpointTable table, Path path, long offset) {
            return table.withoutUnpinnedBefore(bound);
        }

        @Override
        public ByteBuffer encode(long offset) {
            ByteBuffer bytes = slots(3, SLOT_BYTES);
            bytes.putLong(16, bound);
            return sealed(bytes, offset);
        }
    }

    /** Checkpoints from one id to another can no longer be chosen, because what they need is damaged; or can be again. */
    record Mark(long firstId, long lastId, boolean damaged) implements CheckpointEntry {
        @Override
        public CheckpointTable applyTo(CheckpointTable table, Path path, long offset) {
            return table.withDamage(firstId, lastId, damaged);
        }

        @Override
        public ByteBuffer encode(long offset) {
            ByteBuffer bytes = slots(4, SLOT_BYTES);
            bytes.put(7, (byte) (damaged ? 1 : 0));
            bytes.putLong(16, firstId);
            bytes.putLong(24, lastId);
            return sealed(bytes, offset);
        }
    }

    /** The checkpoints from some ids to others that may be thinned out are gone. */
    record Thin(List<IdRange> ranges) implements CheckpointEntry {
        static final int MAX_RANGES = CheckpointRecord.MAX_TAG_BYTES / RANGE_BYTES;

        public Thin {
            ranges = List.copyOf(ranges);
        }

        @Override
        public CheckpointTable applyTo(CheckpointTable table, Path path, long offset) {
            return table.withoutThinned(ranges);
        }

        @Override
        public ByteBuffer encode(long offset) {
            int rangeBytes = ranges.size() * RANGE_BYTES;
            ByteBuffer bytes = slots(5, Math.ceilDiv(SLOT_BYTES + rangeBytes, SLOT_BYTES) * SLOT_BYTES);
            bytes.putShort(8, (short) rangeBytes);
            for (int i = 0; i < ranges.size(); i++) {
                bytes.putLong(SLOT_BYTES + i * RANGE_BYTES, ranges.get(i).first());
                bytes.putLong(SLOT_BYTES + i * RANGE_BYTES + 8, ranges.get(i).last());
            }
            return sealed(bytes, offset);
        }

        private static Thin decode(ByteBuffer log, int at) {
            List<IdRange> ranges = new ArrayList<>();
            int end = at + SLOT_BYTES + log.getShort(at + 8);
            for (int range = at + SLOT_BYTES; range < end; range += RANGE_BYTES) {
                ranges.add(new IdRange(log.getLong(range), log.getLong(range + 8)));
            }
            return new Thin(ranges);
        }
    }

    /** The table after this entry. */
    CheckpointTable applyTo(CheckpointTable table, Path path, long offset) throws JournalCorruptException;

    /** @param offset where in the file it goes; part of its checksum */
    ByteBuffer encode(long offset);

    private static ByteBuffer slots(int type, int lengthBytes) {
        ByteBuffer bytes = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, MAGIC);
        bytes.put(4, (byte) type);
        bytes.putInt(12, lengthBytes);
        return bytes;
    }

    private static ByteBuffer sealed(ByteBuffer bytes, long offset) {
        return bytes.putInt(CRC_AT, crc(bytes, 0, bytes.limit(), offset));
    }

    private static int crc(ByteBuffer bytes, int at, int lengthBytes, long offset) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(8).putLong(offset).flip());
        crc.update(bytes.slice(at, CRC_AT));
        crc.update(bytes.slice(at + SLOT_BYTES, lengthBytes - SLOT_BYTES));
        return (int) crc.getValue();
    }

    /** The length of the intact entry at an offset of the log; 0 if there is none. */
    static int validLength(ByteBuffer log, int at) {
        if (log.limit() - at < SLOT_BYTES || log.getInt(at) != MAGIC) {
            return 0;
        }
        int lengthBytes = log.getInt(at + 12);
        boolean sane = lengthBytes >= SLOT_BYTES
                && lengthBytes <= MAX_BYTES
                && lengthBytes % SLOT_BYTES == 0
                && lengthBytes <= log.limit() - at;
        return sane && log.getInt(at + CRC_AT) == crc(log, at, lengthBytes, at) ? lengthBytes : 0;
    }

    /** Reads an intact entry. */
    static CheckpointEntry decode(ByteBuffer log, int at) throws JournalCorruptException {
        int type = log.get(at + 4);
        return switch (type) {
            case 1 -> new Add(decodeCheckpoint(log, at), log.get(at + 7) != 0);
            case 2 -> new Pin(new CheckpointId(log.getLong(at + 16)), CheckpointCodes.pinning(log.get(at + 6)));
            case 3 -> new Expire(log.getLong(at + 16));
            case 4 -> new Mark(log.getLong(at + 16), log.getLong(at + 24), log.get(at + 7) != 0);
            case 5 -> Thin.decode(log, at);
            default ->
                throw new JournalCorruptException("checkpoint entry at offset " + at + " has unknown type " + type
                        + "; it was written by a newer program. Use that one");
        };
    }

    private static CheckpointRecord decodeCheckpoint(ByteBuffer log, int at) {
        byte[] tag = new byte[log.getShort(at + 8)];
        log.get(at + SLOT_BYTES, tag);
        return new CheckpointRecord(
                new CheckpointId(log.getLong(at + 16)),
                log.getLong(at + 24),
                Instant.ofEpochSecond(log.getLong(at + 32), log.getInt(at + 40)),
                CheckpointCodes.kind(log.get(at + 5)),
                new String(tag, StandardCharsets.UTF_8),
                CheckpointCodes.pinning(log.get(at + 6)));
    }
}
