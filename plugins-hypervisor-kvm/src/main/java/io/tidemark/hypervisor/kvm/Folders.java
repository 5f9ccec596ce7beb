package io.tidemark.hypervisor.kvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes folders of this plugin with all that is in them. */
final class Folders {
    private static final Logger LOG = LoggerFactory.getLogger(Folders.class);

    private Folders() {}

    static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.toList().reversed();
        }
        for (Path each : all) {
            Files.deleteIfExists(each);
        }
    }

    /** For what nobody misses when it stays: says so in the log and goes on. */
    static void removeQuietly(Path folder) {
        try {
            remove(folder);
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("folder", folder).setCause(e).log("a temporary folder was not removed");
        }
    }

    static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }
}
