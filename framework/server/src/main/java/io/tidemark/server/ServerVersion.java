package io.tidemark.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version that this server was built as. */
final class ServerVersion {
    private ServerVersion() {}

    static String current() {
        try (InputStream stream = ServerVersion.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            if (stream != null) {
                properties.load(stream);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            throw new UncheckedIOException("the server's jar is not readable", e);
        }
    }
}
