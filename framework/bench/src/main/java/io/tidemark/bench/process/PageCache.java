package io.tidemark.bench.process;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The kernel's cache of file contents. */
public final class PageCache {
    private static final String DROP =
            "find \"$0\" -type f -exec sync -d {} + && find \"$0\" -type f -exec dd if={} iflag=nocache count=0 status=none \\;";

    private PageCache() {}

    /** Writes back and drops what is cached of the files in a folder, as nearly as an ordinary user can. */
    public static void drop(Workplace workplace, Path folder) throws IOException, InterruptedException {
        Program.run(workplace, Duration.ofMinutes(5), List.of("sh", "-c", DROP, folder.toString()));
    }
}
