package io.tidemark.hypervisor.kvm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.hypervisor.kvm.DomainXml.Disk;
import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@code qemu-nbd} that serves the image of a VM that is off, read-only and without locks, so that the VM can be started meanwhile. It
 * ends by itself when its client goes, so it does not outlive this process.
 */
final class OfflineExport {
    private static final Logger LOG = LoggerFactory.getLogger(OfflineExport.class);
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final Process server;
    private final BlockAddress.UnixSocket address;

    private OfflineExport(Process server, BlockAddress.UnixSocket address) {
        this.server = server;
        this.address = address;
    }

    static OfflineExport start(VmId vm, Disk disk, Path folder, Deadline deadline) throws ProviderException {
        String what = "Opening disk " + disk.device() + " of VM " + vm;
        Path socket = folder.resolve("off-" + ProcessHandle.current().pid() + "-" + NUMBERS.incrementAndGet() + ".nbd");
        Process server = Programs.start(
                what,
                List.of(
                        Programs.find("qemu-nbd", "qemu-utils").toString(),
                        "--read-only",
                        "--socket=" + socket,
                        image(disk)));
        boolean listening = false;
        try {
            while (!Files.exists(socket)) {
                if (!server.isAlive()) {
                    String output = new String(server.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                    throw Programs.failed(what, output.isBlank() ? "qemu-nbd ended" : output);
                }
                if (deadline.passed()) {
                    throw KvmFailures.tooLate(what, deadline.remaining());
                }
                Waiting.pause(Duration.ofMillis(5));
            }
            listening = true;
            return new OfflineExport(server, new BlockAddress.UnixSocket(socket, ""));
        } catch (IOException e) {
            throw Programs.failed(what, e.toString());
        } finally {
            if (!listening) {
                server.destroyForcibly();
            }
        }
    }

    BlockAddress.UnixSocket address() {
        return address;
    }

    void close() {
        server.destroy();
        try {
            if (!server.waitFor(2, TimeUnit.SECONDS)) {
                server.destroyForcibly();
            }
            Files.deleteIfExists(address.socket());
        } catch (InterruptedException interrupted) {
            server.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("socket", address.socket()).setCause(e).log("a socket was not removed");
        }
    }

    private static String image(Disk disk) throws ProviderException {
        String type = disk.element().getAttribute("type");
        if (!type.equals("file") && !type.equals("block")) {
            throw KvmFailures.rejected(
                    "Disk " + disk.device() + " could not be opened",
                    "it is of type '" + type + "', which is read only while its VM runs",
                    "Start the VM.");
        }
        ObjectNode image = Json.object().put("driver", disk.format()).put("force-share", true);
        image.putObject("file")
                .put("driver", type.equals("file") ? "file" : "host_device")
                .put("filename", disk.location());
        return "json:" + image;
    }
}
