package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The computer that the simulated VMs run on: a folder with one folder per VM, owned by one process at a time. Any thread.
 *
 * <p>Layout: {@code hypervisor.lock}, and {@code vms/<id>/} with {@code vm.properties} and {@code disk-<n>.raw}.
 */
final class SimulatedHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedHost.class);

    private final Path directory;
    private final FileChannel lock;
    private final BlockNetwork network;
    private final GuestSettings guests;
    private final Map<VmId, SimulatedVm> vms = new ConcurrentHashMap<>();
    private final ReentrantLock creations = new ReentrantLock();
    private volatile boolean closed;

    private SimulatedHost(Path directory, FileChannel lock, BlockNetwork network, GuestSettings guests) {
        this.directory = directory;
        this.lock = lock;
        this.network = network;
        this.guests = guests;
    }

    /** Opens the folder, made when it is missing, with the VMs that are in it. */
    static SimulatedHost open(SimSiteConfig config, BlockNetwork network, ThreadFactory guestThreads)
            throws ProviderException {
        Path directory = config.directory();
        GuestSettings guests = guests(config, guestThreads);
        FileChannel lock = lock(directory);
        SimulatedHost host = new SimulatedHost(directory, lock, network, guests);
        try {
            host.load();
            return host;
        } catch (IOException failed) {
            host.close();
            throw Refusal.io("The simulated hypervisor was not opened", failed);
        } catch (ProviderException refused) {
            host.close();
            throw refused;
        }
    }

    private static GuestSettings guests(SimSiteConfig config, ThreadFactory threads) throws ProviderException {
        try {
            Optional<TraceFolder> trace = config.traceDirectory().isPresent()
                    ? Optional.of(TraceFolder.open(config.traceDirectory().get()))
                    : Optional.empty();
            return new GuestSettings(config.workloadWritesPerSecond(), trace, threads);
        } catch (IOException failed) {
            throw Refusal.io("The simulated hypervisor was not opened", failed);
        }
    }

    Path directory() {
        return directory;
    }

    /** All VMs, in name order. */
    List<SimulatedVm> vms() {
        return vms.values().stream()
                .sorted(Comparator.comparing((SimulatedVm vm) -> vm.record().name()))
                .toList();
    }

    Optional<SimulatedVm> find(VmId vm) {
        return Optional.ofNullable(vms.get(vm));
    }

    SimulatedVm require(VmId vm) throws ProviderException {
        return find(vm).orElseThrow(() -> Refusal.unknownVm(vm));
    }

    VirtualDisk require(VolumeId volume) throws ProviderException {
        return owner(volume).find(volume).orElseThrow(() -> Refusal.unknownVolume(volume));
    }

    /** Refuses when the hypervisor is closed, its folder is gone, or the time is over. */
    void requireReachable(Deadline deadline) throws ProviderException {
        if (closed) {
            throw unreachable("this connection to it was closed", "Open the hypervisor again.");
        }
        if (!Files.isDirectory(vmsFolder())) {
            throw unreachable(
                    "its folder " + vmsFolder() + " is not there",
                    "Bring the folder back, or mount the disk that it is on.");
        }
        if (deadline.passed()) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "The simulated hypervisor did nothing",
                    "the time allowed for the call was over",
                    "Try again, with more time.");
        }
    }

    /** Creates a VM that is off, unless its name is taken. */
    SimulatedVm create(VmRecord record) throws ProviderException {
        creations.lock();
        try {
            if (vms.values().stream().anyMatch(vm -> vm.record().name().equals(record.name()))) {
                throw Refusal.nameTaken(record.name());
            }
            Path folder = vmsFolder().resolve(record.id().value());
            Files.createDirectory(folder);
            SimulatedVm vm = new SimulatedVm(folder, record, network, guests);
            vm.save();
            VmRecordFile.syncFolder(vmsFolder());
            vms.put(vm.id(), vm);
            return vm;
        } catch (IOException failed) {
            // What was made so far has no record: the next start removes it.
            throw Refusal.io("VM '" + record.name() + "' was not created", failed);
        } finally {
            creations.unlock();
        }
    }

    void remove(SimulatedVm vm) throws ProviderException {
        try {
            vm.remove();
            vms.remove(vm.id());
        } catch (IOException failed) {
            throw Refusal.io("VM " + vm.id() + " was not removed", failed);
        }
    }

    /** Ends the capture of a volume as a failed capture job of a real hypervisor does; the guest goes on. */
    void failCapture(VolumeId volume) throws ProviderException {
        require(volume).failCapture(LossCause.CAPTURE_FAILED, "the capture job failed");
    }

    /** Grows a disk, as an administrator of the hypervisor does. */
    void growDisk(VolumeId volume, long sizeBytes) throws ProviderException {
        try {
            owner(volume).grow(require(volume), sizeBytes);
        } catch (IOException failed) {
            throw Refusal.io("Volume " + volume + " was not grown", failed);
        }
    }

    @Override
    public void close() {
        creations.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            for (SimulatedVm vm : vms.values()) {
                try {
                    vm.close();
                } catch (IOException failed) {
                    LOG.atWarn().addKeyValue("vm", vm.id()).log("A disk of a simulated VM was not closed", failed);
                }
            }
            lock.close();
        } catch (IOException failed) {
            LOG.atWarn().addKeyValue("directory", directory).log("The hypervisor's lock was not given back", failed);
        } finally {
            creations.unlock();
        }
    }

    static void deleteFolder(Path folder) throws IOException {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path each : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (UncheckedIOException walking) {
            throw walking.getCause();
        }
    }

    private void load() throws IOException, ProviderException {
        Files.createDirectories(vmsFolder());
        List<Path> folders = new ArrayList<>();
        try (Stream<Path> each = Files.list(vmsFolder())) {
            each.filter(Files::isDirectory).forEach(folders::add);
        }
        for (Path folder : folders) {
            VmRecordFile file = new VmRecordFile(folder);
            if (file.exists()) {
                SimulatedVm vm = new SimulatedVm(folder, file.read(), network, guests);
                vms.put(vm.id(), vm);
            } else {
                LOG.atInfo()
                        .addKeyValue("folder", folder)
                        .log("Removing what a VM left that was never fully made, or removed");
                deleteFolder(folder);
            }
        }
    }

    private SimulatedVm owner(VolumeId volume) throws ProviderException {
        for (SimulatedVm vm : vms.values()) {
            if (vm.find(volume).isPresent()) {
                return vm;
            }
        }
        throw Refusal.unknownVolume(volume);
    }

    private Path vmsFolder() {
        return directory.resolve("vms");
    }

    private static FileChannel lock(Path directory) throws ProviderException {
        try {
            Files.createDirectories(directory);
            FileChannel channel = FileChannel.open(
                    directory.resolve("hypervisor.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() != null) {
                    return channel;
                }
            } catch (OverlappingFileLockException here) {
                LOG.atDebug().addKeyValue("directory", directory).log("The folder is open in this process", here);
            }
            channel.close();
        } catch (IOException failed) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "The simulated hypervisor was not opened",
                    "its folder " + directory + " cannot be used (" + failed + ")",
                    "Choose a folder that can be made and written to.",
                    failed);
        }
        throw new ProviderException(
                FailureKind.CONFLICT,
                "The simulated hypervisor was not opened",
                "its folder " + directory + " is open in another instance or process",
                "Give each instance a folder of its own, or stop the other one.");
    }

    private static ProviderException unreachable(String why, String remedy) {
        return new ProviderException(FailureKind.UNREACHABLE, "The simulated hypervisor was not reached", why, remedy);
    }
}
