package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The read-only NBD exports of one running VM's QEMU. QEMU has one NBD server per process: it is started for the first export and stopped
 * after the last. Exports that an earlier process of this instance left are removed first; a server of somebody else is a conflict.
 */
final class LiveExports {
    private static final Logger LOG = LoggerFactory.getLogger(LiveExports.class);
    private static final Duration REMOVAL_LIMIT = Duration.ofSeconds(3);

    private final VmId vm;
    private final Monitor monitor;
    private final Path socket;
    private final String prefix;
    private final Set<String> open = new HashSet<>();
    private long lastNumber;

    /** @param instanceTag tells exports of this instance from those of others */
    LiveExports(VmId vm, Monitor monitor, Path folder, String instanceTag) {
        this.vm = vm;
        this.monitor = monitor;
        this.socket = folder.resolve(vm.value() + ".nbd");
        this.prefix = "tidemark-" + instanceTag + "-";
    }

    /** Serves the disk of a device. */
    synchronized BlockAddress.UnixSocket add(String alias, Deadline deadline) throws ProviderException {
        String node = monitor.nodeOfDevice(vm, alias, deadline)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.RETRY_LATER,
                        "A disk of VM " + vm + " could not be opened",
                        "QEMU has no medium in device " + alias,
                        "See whether the disk was unplugged."));
        Set<String> served = new HashSet<>(monitor.exports(vm, deadline));
        open.retainAll(served); // the VM may have been restarted since
        if (open.isEmpty()) {
            startServer(served, deadline);
        }
        String export = prefix + ++lastNumber + "-" + Long.toHexString(System.nanoTime());
        boolean added = false;
        try {
            monitor.addExport(vm, export, node, deadline);
            open.add(export);
            added = true;
        } finally {
            if (!added && open.isEmpty()) {
                stopServer(deadline);
            }
        }
        return new BlockAddress.UnixSocket(socket, export);
    }

    synchronized void remove(String export) {
        if (!open.remove(export)) {
            return;
        }
        Deadline limit = Deadline.after(REMOVAL_LIMIT);
        try {
            monitor.removeExport(vm, export, limit);
            if (open.isEmpty()) {
                stopServer(limit);
            }
        } catch (ProviderException e) {
            // With the VM off, its exports are gone; else the next export of this VM removes what stayed.
            LOG.atDebug()
                    .addKeyValue("vm", vm)
                    .addKeyValue("export", export)
                    .setCause(e)
                    .log("an export was not removed from QEMU");
        }
    }

    private void startServer(Set<String> served, Deadline deadline) throws ProviderException {
        List<String> foreign = new ArrayList<>();
        for (String export : served) {
            if (export.startsWith(prefix)) {
                monitor.removeExport(vm, export, deadline);
            } else {
                foreign.add(export);
            }
        }
        if (foreign.isEmpty()) {
            // Ours of an earlier process, or none: without exports nobody misses it.
            stopServer(deadline);
        }
        try {
            Files.deleteIfExists(socket);
            monitor.startNbdServer(vm, socket.toString(), deadline);
        } catch (IOException e) {
            throw Programs.failed("Removing the socket " + socket, e.toString());
        } catch (ProviderException e) {
            if (e.kind() != FailureKind.CONFLICT) {
                throw e;
            }
            throw new ProviderException(
                    FailureKind.CONFLICT,
                    "The disks of VM " + vm + " could not be opened for reading",
                    "QEMU's NBD server is in use by others (" + foreign + "): " + e.why(),
                    "Wait until the backup or migration that uses it has ended.",
                    e);
        }
    }

    private void stopServer(Deadline deadline) throws ProviderException {
        try {
            monitor.stopNbdServer(vm, deadline);
        } catch (ProviderException e) {
            if (e.kind() != FailureKind.CONFLICT) {
                throw e;
            }
            LOG.atDebug().addKeyValue("vm", vm).setCause(e).log("QEMU's NBD server did not run");
        }
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("socket", socket).setCause(e).log("a socket was not removed");
        }
    }
}
