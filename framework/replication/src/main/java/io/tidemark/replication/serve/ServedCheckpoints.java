package io.tidemark.replication.serve;

import io.tidemark.journal.VolumeView;
import io.tidemark.nbd.NbdServer;
import io.tidemark.nbd.NbdServerConfig;
import io.tidemark.replication.receive.RecoveryJournals;
import io.tidemark.spi.block.BlockAddress.UnixSocket;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the volumes of VPGs at a checkpoint over NBD, one socket per operation with one export per volume.
 *
 * <p>Addresses and scratch files follow from the operation alone, so that after a restart the same call serves the same contents, with
 * what recovered VMs had written, at the same place.
 */
public final class ServedCheckpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedCheckpoints.class);

    private final RecoveryJournals journals;
    private final Path socketFolder;
    private final Path scratchFolder;
    private final Map<OperationId, Served> served = new LinkedHashMap<>();

    /**
     * @param socketFolder short enough that a socket's path stays below 108 bytes
     * @param scratchFolder one sub-folder per operation
     */
    public ServedCheckpoints(RecoveryJournals journals, Path socketFolder, Path scratchFolder) {
        this.journals = journals;
        this.socketFolder = socketFolder;
        this.scratchFolder = scratchFolder;
    }

    /** How the volumes may be used. */
    public enum Access {
        READ_ONLY,
        SCRATCH
    }

    private record Served(NbdServer server, List<BlockDevice> devices, Map<VolumeId, UnixSocket> addresses) {}

    /** Serves every volume of a VPG; idempotent by operation. */
    public synchronized Map<VolumeId, UnixSocket> serve(
            VpgId vpg, CheckpointId checkpoint, OperationId operation, Access access)
            throws IOException, ProviderException {
        Served existing = served.get(operation);
        if (existing != null) {
            return existing.addresses();
        }
        List<BlockDevice> devices = new ArrayList<>();
        openSocketFolder();
        Path socket = socketFolder.resolve("op-" + operation.toString().substring(0, 13) + ".sock");
        NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket));
        try {
            Map<VolumeId, UnixSocket> addresses = new LinkedHashMap<>();
            for (RecoveryJournals.OpenView open : journals.openViews(vpg, checkpoint)) {
                devices.add(device(open, operation, devices.size(), access));
                String name = "volume-" + (devices.size() - 1);
                server.addExport(name, new DeviceExport(devices.getLast()));
                addresses.put(open.view().volume(), new UnixSocket(socket, name));
            }
            served.put(operation, new Served(server, devices, Map.copyOf(addresses)));
            return Map.copyOf(addresses);
        } catch (IOException | ProviderException | RuntimeException e) {
            server.close();
            devices.forEach(ServedCheckpoints::closeQuietly);
            throw e;
        }
    }

    /** Opens one volume at a checkpoint within this process; the caller closes it. Nothing of it is left after that. */
    public BlockDevice open(VpgId vpg, CheckpointId checkpoint, VolumeId volume) throws IOException, ProviderException {
        return new ViewDevice(journals.openView(vpg, checkpoint, volume));
    }

    /** Others may pass through but not list: a hypervisor under another user must reach the sockets. */
    private void openSocketFolder() throws IOException {
        Files.createDirectories(socketFolder);
        Files.setPosixFilePermissions(socketFolder, PosixFilePermissions.fromString("rwx--x--x"));
    }

    private BlockDevice device(RecoveryJournals.OpenView open, OperationId operation, int index, Access access)
            throws IOException {
        VolumeView view = open.view();
        return switch (access) {
            case READ_ONLY -> new ViewDevice(view);
            case SCRATCH -> {
                Path folder = Files.createDirectories(scratchFolder.resolve(operation.toString()));
                yield open.journal().openScratch(view, folder.resolve("volume-" + index));
            }
        };
    }

    /** Ends serving and deletes the scratch; idempotent. */
    public synchronized void release(OperationId operation) throws IOException {
        close(served.remove(operation));
        Path folder = scratchFolder.resolve(operation.toString());
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private static void close(@org.jspecify.annotations.Nullable Served ending) {
        if (ending != null) {
            ending.server().close();
            ending.devices().forEach(ServedCheckpoints::closeQuietly);
        }
    }

    private static void closeQuietly(BlockDevice device) {
        try {
            device.close();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("Closing a served volume failed");
        }
    }

    /** Ends serving; scratch stays for the next start. */
    @Override
    public synchronized void close() {
        served.values().forEach(ServedCheckpoints::close);
        served.clear();
        try {
            Files.deleteIfExists(socketFolder);
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("folder", socketFolder)
                    .setCause(e)
                    .log("The folder of sockets could not be removed");
        }
    }
}
