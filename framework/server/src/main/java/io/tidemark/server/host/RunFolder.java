package io.tidemark.server.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of this server's unix sockets. Lies below {@code /run}, or {@code /tmp} where that is closed: the data folder is closed to
 * others, and a socket address is short (108 bytes with the ending zero, unix(7)). Others may pass through it but not list it: a hypervisor
 * under another user must reach a socket that its plugin gave to it.
 */
final class RunFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);
    private static final int MAX_NAME_LENGTH = 24;

    private final Path folder;
    private final AtomicLong number = new AtomicLong();

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /** Makes the folder; sockets of an earlier process are removed. */
    static RunFolder open(Path data) throws IOException {
        Path base = Files.isWritable(Path.of("/run")) ? Path.of("/run") : Path.of("/tmp");
        // The same for the same data folder, so that what a killed process left behind is found and removed.
        Path folder = base.resolve("tidemark-io-"
                + Integer.toHexString(
                        data.toAbsolutePath().normalize().toString().hashCode()));
        Files.createDirectories(folder);
        empty(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        return new RunFolder(folder);
    }

    private static void empty(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                Files.delete(entry);
            }
        }
    }

    /** A path for one socket: readable, unique in this process, short. */
    Path socket(String name) {
        String safe = name.replaceAll("[^A-Za-z0-9-]", "-");
        String shortened = safe.length() > MAX_NAME_LENGTH ? safe.substring(0, MAX_NAME_LENGTH) : safe;
        return folder.resolve(shortened + "-" + Long.toString(number.incrementAndGet(), Character.MAX_RADIX) + ".sock");
    }

    /** Removes the folder with whatever is left in it. */
    @Override
    public void close() {
        try (Stream<Path> entries = Files.walk(folder)) {
            List<Path> deepestFirst = entries.sorted(Comparator.reverseOrder()).toList();
            for (Path entry : deepestFirst) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("folder", folder).setCause(e).log("The folder of sockets could not be removed");
        }
    }
}
