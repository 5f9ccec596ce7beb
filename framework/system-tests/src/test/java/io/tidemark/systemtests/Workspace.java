package io.tidemark.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * What one test makes: a folder with a short path, and everything that has to be closed. Closed newest first, all of it even when
 * something fails; then the folder is deleted.
 */
final class Workspace implements AutoCloseable {
    /** The zips that the sites load. */
    static final Path PLUGINS = Path.of("target", "test-plugins").toAbsolutePath();

    private final Path root;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private Workspace(Path root) {
        this.root = root;
    }

    /** Others may pass through it: real VMs run as another user. */
    static Workspace make() throws IOException {
        Workspace made = new Workspace(Files.createTempDirectory(Path.of("/tmp"), "tm-"));
        made.passable(made.root);
        return made;
    }

    /** A folder of the name, made when it is missing. */
    Path folder(String name) throws IOException {
        return passable(Files.createDirectories(root.resolve(name)));
    }

    private Path passable(Path folder) throws IOException {
        return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    }

    /** Closed with the workspace. */
    synchronized <T extends AutoCloseable> T closing(T made) {
        opened.push(made);
        return made;
    }

    @Override
    public synchronized void close() throws Exception {
        Exception failure = null;
        closing(() -> delete(root));
        // The folder goes last.
        opened.addLast(opened.pop());
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception failed) {
                if (failure == null) {
                    failure = failed;
                } else {
                    failure.addSuppressed(failed);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Deletes a folder with all that is in it; nothing when it is not there. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path each : deepestFirst) {
                Files.deleteIfExists(each);
            }
        } catch (NoSuchFileException gone) {
            if (Files.exists(folder)) {
                throw gone;
            }
        }
    }
}
