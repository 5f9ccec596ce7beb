package io.tidemark.replication.receive;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.id.SiteId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Who may write to the journals of a VPG; the file {@code vpg.properties} of its folder.
 *
 * @param minimumEpoch lanes of older epochs are refused (J7); 0 before the first fence
 */
record WriterGrant(SiteId source, long minimumEpoch) {
    private static final String FILE = "vpg.properties";

    static WriterGrant read(Path folder) throws IOException {
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(folder.resolve(FILE))) {
            properties.load(reader);
        }
        try {
            return new WriterGrant(
                    SiteId.parse(properties.getProperty("source", "")),
                    Long.parseLong(properties.getProperty("minimum-epoch", "")));
        } catch (IllegalArgumentException e) {
            throw new IOException(folder.resolve(FILE) + " is damaged: it needs 'source' and 'minimum-epoch'", e);
        }
    }

    /** Durable on return: temp, sync, rename, sync folder. */
    void write(Path folder, StoreFiles files) throws IOException {
        Path temporary = folder.resolve(FILE + ".new");
        if (files.exists(temporary)) {
            files.delete(temporary);
        }
        String text = "# Who may write to the journals in this folder. Kept by Tidemark.\nformat=1\nsource=" + source
                + "\nminimum-epoch=" + minimumEpoch + "\n";
        try (StoreFile file = files.create(temporary)) {
            file.write(0, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            file.sync();
        }
        files.rename(temporary, folder.resolve(FILE));
        files.syncFolder(folder);
    }

    static void delete(Path folder, StoreFiles files) throws IOException {
        files.delete(folder.resolve(FILE));
    }
}
