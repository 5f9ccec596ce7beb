package io.tidemark.spi.objects;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of an object to be stored; readable more than once, because a put may be tried again. */
public interface ObjectSource {
    /** Exact, and the same every time. */
    long sizeBytes();

    /** A new stream over all the bytes, from the first; several may be open at once. */
    InputStream open() throws IOException;

    /** @param bytes not copied; unchanged until the put returned */
    static ObjectSource ofBytes(byte[] bytes) {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return bytes.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes);
            }
        };
    }

    /** @param file unchanged until the put returned */
    static ObjectSource ofFile(Path file) throws IOException {
        long sizeBytes = Files.size(file);
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return sizeBytes;
            }

            @Override
            public InputStream open() throws IOException {
                return Files.newInputStream(file);
            }
        };
    }
}
