package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Small files that are read and replaced as a whole: temp, fsync, rename, fsync folder. */
final class WholeFile {
    private static final int MAX_BYTES = 1 << 30;

    private WholeFile() {}

    static ByteBuffer read(StoreFiles files, Path path) throws IOException {
        try (StoreFile file = files.open(path)) {
            long lengthBytes = file.lengthBytes();
            if (lengthBytes > MAX_BYTES) {
                throw new JournalCorruptException(path + " has " + lengthBytes + " bytes, which no such file has");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
            file.read(0, bytes);
            return bytes.flip();
        }
    }

    /** When this returns the file has the new contents, durably; when it throws, the old or the new ones. */
    static void replace(StoreFiles files, Path path, ByteBuffer contents) throws IOException {
        write(files, JournalLayout.temporary(path), contents).close();
        install(files, path);
    }

    /** Writes and fsyncs a new file; removes what an earlier attempt left under that name. */
    static StoreFile write(StoreFiles files, Path path, ByteBuffer contents) throws IOException {
        if (files.exists(path)) {
            files.delete(path);
        }
        StoreFile file = files.create(path);
        try {
            file.write(0, contents);
            file.sync();
            return file;
        } catch (IOException e) {
            try {
                file.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** Gives a file that was written under its temporary name its name. */
    static void install(StoreFiles files, Path path) throws IOException {
        files.rename(JournalLayout.temporary(path), path);
        Path folder = path.getParent();
        if (folder == null) {
            throw new IllegalArgumentException(path + " is in no folder");
        }
        files.syncFolder(folder);
    }
}
