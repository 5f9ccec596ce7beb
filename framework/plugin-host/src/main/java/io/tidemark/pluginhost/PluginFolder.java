package io.tidemark.pluginhost;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The folder of installed zips and their sidecars.
 *
 * <p>A change is prepared in {@code .staging-ID} and committed by renaming that folder to {@code .ready-ID}; its files are then moved into
 * place. A crash before the rename leaves the old plugin, a crash after it the new one: {@link #finishCommitted} moves what is left. What a
 * change replaces or removes is kept in {@code .previous}.
 */
final class PluginFolder {
    private static final String STAGING = ".staging-";
    private static final String READY = ".ready-";
    private static final String PREVIOUS = ".previous";
    private static final List<String> SIDECARS = List.of(Authenticity.CHECKSUM_SUFFIX, Authenticity.SIGNATURE_SUFFIX);

    private static final Duration ABANDONED_AFTER = Duration.ofHours(1);

    private final Path folder;

    PluginFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** The zips, in name order. */
    List<Path> zips() throws IOException {
        return list("*.zip");
    }

    private List<Path> list(String glob) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
            files.forEach(found::add);
        }
        Collections.sort(found);
        return found;
    }

    /** Copies a file and its sidecars into a staging folder, where nothing changes them between check and use. */
    Path stage(Path zip) throws IOException {
        Path staging = Files.createTempDirectory(folder, STAGING);
        return copyWithSidecars(zip, staging);
    }

    static Path copyWithSidecars(Path zip, Path into) throws IOException {
        Path copy = into.resolve(zip.getFileName().toString());
        Files.copy(zip, copy);
        Folders.sync(copy);
        for (String suffix : SIDECARS) {
            Path sidecar = Authenticity.sidecar(zip, suffix);
            if (Files.exists(sidecar)) {
                Folders.sync(Files.copy(sidecar, Authenticity.sidecar(copy, suffix)));
            }
        }
        return copy;
    }

    /** Makes a staged file the installed one under the name {@code target}. */
    void commit(Path staged, Path target) throws IOException {
        Path staging = staged.getParent();
        if (staging == null) {
            throw new IllegalArgumentException("not a staged file: " + staged);
        }
        String targetName = String.valueOf(target.getFileName());
        for (String suffix : SIDECARS) {
            Path sidecar = Authenticity.sidecar(staged, suffix);
            if (Files.exists(sidecar)) {
                Files.move(sidecar, staging.resolve(targetName + suffix));
            }
        }
        Files.move(staged, staging.resolve(targetName));
        Folders.sync(staging);
        Path ready = folder.resolve(READY + targetName);
        Files.move(staging, ready, StandardCopyOption.ATOMIC_MOVE);
        Folders.sync(folder);
        finish(ready);
    }

    /** Finishes changes that a crash interrupted after their commit, and drops those that it interrupted before. */
    void finishCommitted() throws IOException {
        for (Path ready : list(READY + "*")) {
            finish(ready);
        }
        for (Path staging : list(STAGING + "*")) {
            // A young one may belong to another process that installs right now.
            if (Files.getLastModifiedTime(staging)
                    .toInstant()
                    .isBefore(Instant.now().minus(ABANDONED_AFTER))) {
                Folders.delete(staging);
            }
        }
    }

    private void finish(Path ready) throws IOException {
        String name = String.valueOf(ready.getFileName()).substring(READY.length());
        Path target = folder.resolve(name);
        // The zip moves last: while it is still here the change is not finished.
        if (Files.exists(ready.resolve(name))) {
            retire(target);
            for (String suffix : SIDECARS) {
                Path sidecar = ready.resolve(name + suffix);
                if (Files.exists(sidecar)) {
                    Files.move(sidecar, folder.resolve(name + suffix), StandardCopyOption.ATOMIC_MOVE);
                }
            }
            Files.move(ready.resolve(name), target, StandardCopyOption.ATOMIC_MOVE);
        }
        Folders.delete(ready);
        Folders.sync(folder);
    }

    /** Moves a zip and its sidecars to {@code .previous}; does nothing when it is gone already. */
    void retire(Path zip) throws IOException {
        if (!Files.exists(zip)) {
            return;
        }
        Path previous = Files.createDirectories(folder.resolve(PREVIOUS));
        // The zip goes last, so that a repetition after a crash finds what is left to do.
        for (String suffix : SIDECARS) {
            keep(Authenticity.sidecar(zip, suffix), previous);
        }
        keep(zip, previous);
        Folders.sync(folder);
    }

    private static void keep(Path file, Path previous) throws IOException {
        Path kept = previous.resolve(file.getFileName());
        if (Files.exists(file)) {
            Files.move(file, kept, StandardCopyOption.REPLACE_EXISTING);
        } else {
            Files.deleteIfExists(kept);
        }
    }

    Path pathFor(String pluginId) {
        return folder.resolve(pluginId + ".zip");
    }
}
