package io.tidemark.bench.suite;

import io.tidemark.bench.process.Peer;
import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.QemuMonitor;
import io.tidemark.bench.process.Workplace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** qemu-storage-daemon in the place of a VM: its disk, with or without a mirror, is written by fio over NBD. */
final class StandInGuest implements AutoCloseable {
    static final String EXPORT = "disk";

    private final Peer daemon;
    private final Path monitor;
    private final Path socket;

    private StandInGuest(Peer daemon, Path monitor, Path socket) {
        this.daemon = daemon;
        this.monitor = monitor;
        this.socket = socket;
    }

    static StandInGuest start(Workplace workplace, long diskBytes) throws IOException, InterruptedException {
        Path disk = workplace.fresh("disk");
        Path monitor = workplace.fresh("monitor");
        Path socket = workplace.fresh("guest");
        Program.run(
                workplace,
                Duration.ofMinutes(2),
                List.of(
                        "dd",
                        "if=/dev/zero",
                        "of=" + disk,
                        "bs=1M",
                        "count=" + diskBytes / Scale.MIB,
                        "conv=fdatasync"));
        Peer daemon = Program.serve(
                workplace,
                List.of(
                        "qemu-storage-daemon",
                        "--blockdev",
                        "driver=file,node-name=disk,filename=" + disk + ",cache.direct=on,aio=io_uring",
                        "--nbd-server",
                        "addr.type=unix,max-connections=8,addr.path=" + socket,
                        "--export",
                        "type=nbd,id=export,node-name=disk,name=" + EXPORT + ",writable=on",
                        "--chardev",
                        "socket,id=qmp,server=on,wait=off,path=" + monitor,
                        "--monitor",
                        "chardev=qmp"));
        daemon.awaitSocket(monitor);
        daemon.awaitSocket(socket);
        return new StandInGuest(daemon, monitor, socket);
    }

    Path socket() {
        return socket;
    }

    /** Mirrors the disk to an NBD export, each write before its acknowledgement; returns when everything has been copied. */
    void mirrorTo(Path target, String export) throws IOException {
        try (QemuMonitor qmp = QemuMonitor.connect(monitor)) {
            qmp.execute(
                    "{\"execute\": \"blockdev-add\", \"arguments\": {\"driver\": \"nbd\", \"node-name\": \"target\","
                            + " \"server\": {\"type\": \"unix\", \"path\": \"" + target + "\"}, \"export\": \"" + export
                            + "\"}}");
            qmp.execute(
                    "{\"execute\": \"blockdev-mirror\", \"arguments\": {\"job-id\": \"mirror\", \"device\": \"disk\","
                            + " \"target\": \"target\", \"sync\": \"full\", \"copy-mode\": \"write-blocking\"}}");
            qmp.awaitEvent("BLOCK_JOB_READY");
        }
    }

    @Override
    public void close() {
        daemon.close();
    }
}
