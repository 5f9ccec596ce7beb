package io.tidemark.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The folder of one run and the processes started for it. Closing it, which the end of the JVM does too, kills the processes by their id and
 * deletes the folder.
 */
public final class Workplace implements AutoCloseable {
    private static final int DELETE_ATTEMPTS = 5;

    private final Path folder;
    private final Thread hook;
    private final AtomicInteger names = new AtomicInteger();
    private final List<Process> running = new ArrayList<>();
    private boolean closed;

    private Workplace(Path folder) {
        this.folder = folder;
        this.hook = new Thread(this::cleanUp, "bench-clean-up");
    }

    /**
     * Makes a folder of its own below another.
     *
     * @throws NotEnoughSpaceException if that file system has less room than is needed
     */
    public static Workplace open(Path parent, long neededBytes) throws IOException {
        Files.createDirectories(parent);
        long freeBytes = Files.getFileStore(parent).getUsableSpace();
        if (freeBytes < neededBytes) {
            throw new NotEnoughSpaceException(parent, neededBytes, freeBytes);
        }
        Workplace workplace = new Workplace(Files.createTempDirectory(parent.toAbsolutePath(), "run-"));
        Runtime.getRuntime().addShutdownHook(workplace.hook);
        return workplace;
    }

    public Path folder() {
        return folder;
    }

    /** A path that nobody has yet; nothing is made there. */
    public Path fresh(String name) {
        return folder.resolve(name + "-" + names.incrementAndGet());
    }

    /** Starts a process that ends with this workplace at the latest. */
    Process start(ProcessBuilder builder) throws IOException {
        synchronized (running) {
            if (closed) {
                throw new IOException("the run is ending");
            }
            Process process = builder.directory(folder.toFile()).start();
            running.add(process);
            return process;
        }
    }

    /** Kills a process and waits until it is gone. */
    public void end(Process process) {
        process.destroyForcibly();
        process.onExit().join();
        synchronized (running) {
            running.remove(process);
        }
    }

    /** Deletes a file or a folder with all that is in it; does nothing if there is none. */
    public static void delete(Path path) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(path)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) {
            return;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path each : all) {
            Files.deleteIfExists(each);
        }
    }

    @Override
    public void close() {
        cleanUp();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the hook runs or has run.
            return;
        }
    }

    private void cleanUp() {
        synchronized (running) {
            closed = true;
            running.forEach(Process::destroyForcibly);
            running.forEach(process -> process.onExit().join());
            running.clear();
        }
        // On Ctrl-C the benchmark's own thread may still be making files.
        for (int attempt = 1; attempt <= DELETE_ATTEMPTS; attempt++) {
            try {
                delete(folder);
                return;
            } catch (IOException e) {
                if (attempt == DELETE_ATTEMPTS) {
                    System.err.println("bench: could not delete " + folder + ": " + e.getMessage());
                }
            }
        }
    }
}
