package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.List;
import java.util.UUID;

/**
 * The append-only file of checkpoints, and the table that it adds up to. Each change is durable when its method returns. Any thread;
 * changes exclude each other.
 */
final class CheckpointLog {
    private static final int HEADER_BYTES = 4096;
    private static final int MAGIC = 0x314C4D54; // "TML1"
    private static final int VERSION = 1;
    private static final int CHUNK_BYTES = 1 << 20;
    /** A log is rewritten when it is twice as long as it need be, and long enough to matter. */
    private static final int COMPACT_ENTRIES = 4096;

    private final StoreFiles files;
    private final Path path;
    private final UUID incarnation;
    private StoreFile file;
    private volatile long endOffset;
    private volatile CheckpointTable table;
    private int entries;

    private CheckpointLog(
            StoreFiles files, Path path, UUID incarnation, StoreFile file, long endOffset, CheckpointTable table) {
        this.files = files;
        this.path = path;
        this.incarnation = incarnation;
        this.file = file;
        this.endOffset = endOffset;
        this.table = table;
    }

    static void create(StoreFiles files, Path path, UUID incarnation) throws IOException {
        WholeFile.replace(files, path, header(incarnation));
    }

    private static ByteBuffer header(UUID incarnation) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(MAGIC).putInt(VERSION);
        bytes.putLong(incarnation.getMostSignificantBits()).putLong(incarnation.getLeastSignificantBits());
        Checksum.seal(bytes.rewind());
        return bytes;
    }

    /** Reads the log; cuts an entry that a crash tore, which was never reported as written. */
    static CheckpointLog open(StoreFiles files, Path path, UUID incarnation) throws IOException {
        return open(files, path, incarnation, true);
    }

    /** Reads the log and changes nothing. */
    static CheckpointTable read(StoreFiles files, Path path, UUID incarnation) throws IOException {
        CheckpointLog log = open(files, path, incarnation, false);
        log.close();
        return log.table;
    }

    private static CheckpointLog open(StoreFiles files, Path path, UUID incarnation, boolean repair)
            throws IOException {
        StoreFile file = files.open(path);
        try {
            long lengthBytes = file.lengthBytes();
            if (lengthBytes < HEADER_BYTES || lengthBytes > Integer.MAX_VALUE - CHUNK_BYTES) {
                throw new JournalCorruptException("checkpoint log " + path + " has " + lengthBytes + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
            file.read(0, bytes);
            bytes.flip();
            Checksum.verify(
                    bytes.slice(0, HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN),
                    MAGIC,
                    VERSION,
                    "the header of the checkpoint log",
                    path);
            if (!incarnation.equals(new UUID(bytes.getLong(8), bytes.getLong(16)))) {
                throw new JournalCorruptException(
                        "checkpoint log " + path + " belongs to another journal. Put the right file back in its place");
            }
            CheckpointLog log = new CheckpointLog(files, path, incarnation, file, HEADER_BYTES, CheckpointTable.EMPTY);
            int last = log.load(bytes);
            if (repair) {
                log.repair(bytes, last);
            }
            return log;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** @return where the last entry starts */
    private int load(ByteBuffer bytes) throws IOException {
        int at = HEADER_BYTES;
        int last = at;
        while (at < bytes.limit()) {
            int lengthBytes = CheckpointEntry.validLength(bytes, at);
            if (lengthBytes == 0) {
                break;
            }
            table = decode(bytes, at).applyTo(table, path, at);
            entries++;
            last = at;
            at += lengthBytes;
        }
        for (int beyond = at;
                beyond + CheckpointEntry.SLOT_BYTES <= bytes.limit();
                beyond += CheckpointEntry.SLOT_BYTES) {
            if (CheckpointEntry.validLength(bytes, beyond) > 0) {
                // Each entry is durable before the next one is written.
                throw new JournalCorruptException("checkpoint log " + path + " is damaged at offset " + at
                        + ": a good entry follows at offset " + beyond
                        + ", so this is no torn end. Nothing was changed."
                        + " Restore the file from another copy");
            }
        }
        endOffset = at;
        return last;
    }

    /** After a failed fsync the last entry may be in the page cache alone, and clean: only writing it again makes it durable (J9). */
    private void repair(ByteBuffer bytes, int last) throws IOException {
        int end = (int) endOffset;
        file.truncate(end);
        if (end > last) {
            file.write(last, bytes.slice(last, end - last));
        }
        file.sync();
    }

    private CheckpointEntry decode(ByteBuffer bytes, int at) throws JournalCorruptException {
        try {
            return CheckpointEntry.decode(bytes, at);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new JournalCorruptException(
                    "checkpoint log " + path + " has an entry with a good checksum and impossible values at offset "
                            + at,
                    e);
        }
    }

    CheckpointTable table() {
        return table;
    }

    long lengthBytes() {
        return endOffset;
    }

    synchronized void add(CheckpointRecord checkpoint) throws IOException {
        append(new CheckpointEntry.Add(checkpoint));
    }

    synchronized void setPinning(CheckpointId id, Pinning pinning) throws IOException {
        append(new CheckpointEntry.Pin(id, pinning));
    }

    /** Drops the unpinned checkpoints with a smaller id. @return how many */
    synchronized int expireBefore(long bound) throws IOException {
        int expired = table.unpinnedBefore(bound);
        if (expired > 0) {
            append(new CheckpointEntry.Expire(bound));
        }
        return expired;
    }

    /** Drops the thinnable checkpoints in some ranges of ids, at most {@link CheckpointEntry.Thin#MAX_RANGES}. @return how many */
    synchronized int thin(List<IdRange> ranges) throws IOException {
        int before = table.size();
        append(new CheckpointEntry.Thin(ranges));
        return before - table.size();
    }

    /** Says of the checkpoints from one id to another whether what they need is damaged. */
    synchronized void mark(long firstId, long lastId, boolean damaged) throws IOException {
        append(new CheckpointEntry.Mark(firstId, lastId, damaged));
    }

    private void append(CheckpointEntry entry) throws IOException {
        long at = endOffset;
        ByteBuffer bytes = entry.encode(at);
        int lengthBytes = bytes.remaining();
        CheckpointTable next = entry.applyTo(table, path, at);
        file.write(at, bytes);
        file.sync();
        endOffset = at + lengthBytes;
        entries++;
        table = next;
    }

    /** Rewrites the log without what has expired, where that is worth it. */
    synchronized void compactIfWorthIt() throws IOException {
        if (entries < COMPACT_ENTRIES || entries < 2 * table.size()) {
            return;
        }
        Path temporary = JournalLayout.temporary(path);
        StoreFile compacted = WholeFile.write(files, temporary, header(incarnation));
        try {
            long at = HEADER_BYTES;
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (CheckpointRecord checkpoint : table) {
                if (chunk.remaining() < CheckpointEntry.MAX_BYTES) {
                    at = flush(compacted, at, chunk);
                }
                chunk.put(new CheckpointEntry.Add(checkpoint, table.isDamaged(checkpoint.id()))
                        .encode(at + chunk.position()));
            }
            at = flush(compacted, at, chunk);
            compacted.sync();
            WholeFile.install(files, path);
            StoreFile old = file;
            file = files.open(path);
            endOffset = at;
            entries = table.size();
            old.close();
        } finally {
            compacted.close();
        }
    }

    private static long flush(StoreFile to, long at, ByteBuffer chunk) throws IOException {
        int lengthBytes = chunk.flip().remaining();
        to.write(at, chunk);
        chunk.clear();
        return at + lengthBytes;
    }

    synchronized void close() throws IOException {
        file.close();
    }
}
