package io.tidemark.bench.suite;

import io.tidemark.bench.process.Peer;
import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What one has without a journal: a chain of qcow2 overlays, one for each snapshot, served by qemu-nbd. */
record SnapshotChain(Workplace workplace, Path top, int length) {
    /** Each layer holds eight pieces of 64 KiB; it is filled before it is put on the others, which is fast. */
    private static final String BUILD = """
            set -e
            i=1
            while [ $i -le $2 ]; do
              file=$1/layer-$i.qcow2
              qemu-img create -q -f qcow2 "$file" $3
              for piece in 0 1 2 3 4 5 6 7; do
                echo "write -q -P $((i % 255 + 1)) $(((i * 8 + piece) * 7919 % ($3 / 65536) * 65536)) 64k"
              done | qemu-io -f qcow2 "$file" >/dev/null
              [ $i -eq 1 ] || qemu-img rebase -q -u -f qcow2 -F qcow2 -b "$1/layer-$((i - 1)).qcow2" "$file"
              i=$((i + 1))
            done
            """;

    static SnapshotChain build(Workplace workplace, int length, long volumeBytes)
            throws IOException, InterruptedException {
        Path folder = Files.createDirectories(workplace.fresh("chain"));
        Program.run(
                workplace,
                Duration.ofMinutes(10),
                List.of("sh", "-c", BUILD, "build", folder.toString(), "" + length, "" + volumeBytes));
        return new SnapshotChain(workplace, folder.resolve("layer-" + length + ".qcow2"), length);
    }

    /** Serves the newest snapshot; returns when the socket is there. */
    Peer serve(Path socket) throws IOException {
        return QemuNbd.serve(workplace, top, "qcow2", socket, QemuNbd.Access.READ_ONLY);
    }

    String words() {
        return "qcow2 chain of " + length;
    }
}
