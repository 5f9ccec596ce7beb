package io.tidemark.bench.suite;

import io.tidemark.bench.process.Peer;
import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.Workplace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** QEMU's own NBD server, with the page cache between it and the disk and its fastest I/O. */
final class QemuNbd {
    private QemuNbd() {}

    enum Access {
        READ_ONLY,
        WRITABLE
    }

    /** Serves an image as the default export; returns when the socket is there. */
    static Peer serve(Workplace workplace, Path image, String format, Path socket, Access access) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "qemu-nbd",
                "--persistent",
                "--shared=16",
                "--cache=writeback",
                "--aio=io_uring",
                "--format=" + format,
                "--socket=" + socket));
        if (access == Access.READ_ONLY) {
            command.add("--read-only");
        }
        command.add(image.toString());
        return Program.serve(workplace, command).awaitSocket(socket);
    }
}
