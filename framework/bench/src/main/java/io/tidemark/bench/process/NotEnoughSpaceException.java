package io.tidemark.bench.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** A run would fill the disk. */
public final class NotEnoughSpaceException extends IOException {
    NotEnoughSpaceException(Path folder, long neededBytes, long freeBytes) {
        super(String.format(
                Locale.ROOT,
                "this needs %.1f GiB of disk, and %s has %.1f GiB left. Use --dir for another file system, or --quick for smaller sizes",
                gib(neededBytes),
                folder.toAbsolutePath(),
                gib(freeBytes)));
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
