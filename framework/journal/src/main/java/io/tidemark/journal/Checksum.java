package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The checksum that ends each fixed block of our files: the last four bytes hold the CRC32C of all before them. */
final class Checksum {
    static final int BYTES = 4;

    private Checksum() {}

    /** Puts the checksum into the last four bytes before the limit. The buffer starts at 0. */
    static void seal(ByteBuffer block) {
        int at = block.limit() - BYTES;
        block.putInt(at, BatchFormat.crc(block, 0, at));
    }

    static boolean matches(ByteBuffer block) {
        int at = block.limit() - BYTES;
        return at >= 0 && block.getInt(at) == BatchFormat.crc(block, 0, at);
    }

    /** Verifies checksum, magic number and version, which start each block. */
    static void verify(ByteBuffer block, int magic, int version, String what, Path place)
            throws JournalCorruptException {
        verify(block, magic, version, version, what, place);
    }

    /** The same where several versions can be read. */
    static void verify(ByteBuffer block, int magic, int oldestVersion, int version, String what, Path place)
            throws JournalCorruptException {
        if (block.limit() < 12 || !matches(block)) {
            throw new JournalCorruptException(what + " in " + place
                    + " does not match its checksum: the file was damaged after it was written. Restore it from another"
                    + " copy, or destroy this journal and protect the VM anew");
        }
        if (block.getInt(0) != magic) {
            throw new JournalCorruptException(place + " does not hold " + what + ": its magic number is another one");
        }
        if (block.getShort(4) < oldestVersion || block.getShort(4) > version) {
            throw new JournalCorruptException(what + " in " + place + " has format version " + block.getShort(4)
                    + "; this program knows version " + version + ". Use the program that wrote it");
        }
    }
}
