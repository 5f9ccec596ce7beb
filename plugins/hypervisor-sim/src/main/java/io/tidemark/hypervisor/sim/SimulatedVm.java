package io.tidemark.hypervisor.sim;

import io.tidemark.guest.Guest;
import io.tidemark.guest.LedgerProgram;
import io.tidemark.guest.RandomWriter;
import io.tidemark.hypervisor.sim.VmRecord.DiskRecord;
import io.tidemark.hypervisor.sim.VmRecord.Origin;
import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmDescription.SkippedDrive;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VolumeDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One VM: its record, its disks, its power, and the program inside while it runs. Any thread; changes of state one at a time. */
final class SimulatedVm implements Guest {
    private final Path folder;
    private final VmRecordFile file;
    private final BlockNetwork network;
    private final GuestSettings settings;
    private final List<VirtualDisk> disks = new ArrayList<>();
    private final ReentrantLock changes = new ReentrantLock();
    private final AtomicBoolean promoting = new AtomicBoolean();
    private volatile VmRecord record;
    private volatile @Nullable LedgerProgram program;
    private @Nullable RandomWriter workload;
    private boolean removed;

    /** A VM as its record says; one that was running when the process ended runs again. */
    SimulatedVm(Path folder, VmRecord record, BlockNetwork network, GuestSettings settings) throws IOException {
        this.folder = folder;
        this.file = new VmRecordFile(folder);
        this.network = network;
        this.settings = settings;
        this.record = record;
        for (int i = 0; i < record.disks().size(); i++) {
            disks.add(new VirtualDisk(
                    record.volume(i), contentsOf(i), TraceFolder.of(settings.trace(), record.volume(i))));
        }
        if (record.power() == PowerState.RUNNING) {
            boot();
        }
    }

    VmId id() {
        return record.id();
    }

    VmRecord record() {
        return record;
    }

    @Override
    public String name() {
        return id().value();
    }

    @Override
    public List<VirtualDisk> disks() {
        return disks;
    }

    Path folder() {
        return folder;
    }

    Path fileOf(int disk) {
        return folder.resolve("disk-" + disk + ".raw");
    }

    Optional<VirtualDisk> find(VolumeId volume) {
        return disks.stream().filter(disk -> disk.volume().equals(volume)).findFirst();
    }

    /** The program inside the guest. */
    LedgerProgram program() throws ProviderException {
        LedgerProgram running = program;
        if (running == null) {
            throw Refusal.vmIsOff(id());
        }
        return running;
    }

    @Override
    public void requirePower() throws ProviderException {
        program();
    }

    VmDescription describe() {
        VmRecord now = record;
        List<VolumeDescription> volumes = new ArrayList<>();
        for (int i = 0; i < now.disks().size(); i++) {
            DiskRecord disk = now.disks().get(i);
            String location =
                    disk.source().map(Object::toString).orElse(fileOf(i).toString());
            volumes.add(new VolumeDescription(now.volume(i), disk.device(), disk.sizeBytes(), "raw", location));
        }
        List<SkippedDrive> skipped = now.origin() == Origin.SAMPLE
                ? List.of(new SkippedDrive("sda", "CD/DVD drive: never protected"))
                : List.of();
        return new VmDescription(
                now.id(),
                now.name(),
                now.power(),
                new VmHardware(now.memoryBytes(), now.processors(), Optional.empty()),
                volumes,
                skipped,
                now.nics());
    }

    /** Powers on; does nothing to a running VM. */
    void start() throws ProviderException {
        changes.lock();
        try {
            requireExisting();
            if (record.power() == PowerState.RUNNING) {
                return;
            }
            connectExports();
            save(record.withPower(PowerState.RUNNING));
            boot();
        } catch (IOException failed) {
            throw Refusal.io("VM " + id() + " was not started", failed);
        } finally {
            changes.unlock();
        }
    }

    /** Cuts the power; does nothing to a VM that is off. */
    void powerOff(String reason) throws ProviderException {
        changes.lock();
        try {
            requireExisting();
            if (record.power() == PowerState.OFF) {
                return;
            }
            halt(LossCause.VM_STOPPED, reason);
            save(record.withPower(PowerState.OFF));
            for (VirtualDisk disk : disks) {
                if (disk.contents() instanceof ExportDisk export) {
                    export.release();
                }
            }
        } catch (IOException failed) {
            throw Refusal.io("VM " + id() + " was powered off, but kept a connection", failed);
        } finally {
            changes.unlock();
        }
    }

    /** Removes the record first, so that a half removed VM is none; then the files. */
    void remove() throws IOException {
        changes.lock();
        try {
            removed = true;
            halt(LossCause.VM_STOPPED, "the VM was removed");
            closeDisks();
            file.delete();
            SimulatedHost.deleteFolder(folder);
        } finally {
            changes.unlock();
        }
    }

    /** Lets go of files and exports; what is on them stays, and the record goes on to say whether the VM has power. */
    void close() throws IOException {
        changes.lock();
        try {
            halt(LossCause.CONNECTION_LOST, "the hypervisor was closed");
            closeDisks();
        } finally {
            changes.unlock();
        }
    }

    /** Takes the addresses of a repeated request: a restarted host serves the same disks elsewhere. */
    void moveExports(List<RecoveryDisk> requested) throws ProviderException {
        changes.lock();
        try {
            requireExisting();
            for (int i = 0; i < disks.size(); i++) {
                BlockAddress.UnixSocket source = requested.get(i).source();
                if (disks.get(i).contents() instanceof ExportDisk old
                        && !old.address().equals(source)) {
                    DiskRecord disk = record.disks().get(i);
                    save(record.withDisk(i, new DiskRecord(disk.device(), disk.sizeBytes(), Optional.of(source))));
                    disks.get(i).replaceContents(contentsOf(i)).close();
                }
            }
        } catch (IOException failed) {
            throw Refusal.io("VM " + id() + " did not move to the new exports", failed);
        } finally {
            changes.unlock();
        }
    }

    /** One promotion at a time: refuses a second one. */
    void beginPromotion() throws ProviderException {
        if (!promoting.compareAndSet(false, true)) {
            throw new ProviderException(
                    FailureKind.CONFLICT,
                    "VM " + id() + " was not promoted",
                    "another promotion of it is under way",
                    "Wait until it ends.");
        }
    }

    void endPromotion() {
        promoting.set(false);
    }

    /** Goes over from the exports to finished copies in files, all disks at one moment. */
    void adopt(List<DiskCopy> copies) throws IOException, ProviderException {
        changes.lock();
        try {
            requireExisting();
            List<BlockDevice> old = new ArrayList<>();
            disks.forEach(VirtualDisk::holdWrites);
            try {
                for (DiskCopy copy : copies) {
                    copy.requireComplete();
                }
                save(record.promoted());
                for (int i = 0; i < disks.size(); i++) {
                    old.add(disks.get(i).replaceContents(copies.get(i).target()));
                }
            } finally {
                disks.forEach(VirtualDisk::releaseWrites);
            }
            for (BlockDevice export : old) {
                export.close();
            }
        } finally {
            changes.unlock();
        }
    }

    void grow(VirtualDisk disk, long sizeBytes) throws IOException, ProviderException {
        changes.lock();
        try {
            requireExisting();
            disk.grow(sizeBytes);
            int index = disks.indexOf(disk);
            DiskRecord old = record.disks().get(index);
            save(record.withDisk(index, new DiskRecord(old.device(), sizeBytes, old.source())));
        } finally {
            changes.unlock();
        }
    }

    /** Makes the record durable as it is. */
    void save() throws ProviderException {
        changes.lock();
        try {
            requireExisting();
            save(record);
        } finally {
            changes.unlock();
        }
    }

    private void boot() throws IOException {
        for (VirtualDisk disk : disks) {
            disk.powerOn();
        }
        program = new LedgerProgram(this);
        if (settings.workloadWritesPerSecond() > 0) {
            workload = RandomWriter.start(
                    RandomWriter.Settings.writes(
                            settings.workloadWritesPerSecond(), System.nanoTime() ^ id().hashCode()),
                    disks,
                    settings.threads());
        }
    }

    private void halt(LossCause cause, String detail) {
        program = null;
        if (workload != null) {
            workload.stop();
            workload = null;
        }
        disks.forEach(disk -> disk.powerOff(cause, detail));
    }

    private void closeDisks() throws IOException {
        for (VirtualDisk disk : disks) {
            disk.close();
        }
    }

    private BlockDevice contentsOf(int index) throws IOException {
        DiskRecord disk = record.disks().get(index);
        return disk.source().isPresent()
                ? new ExportDisk(network, disk.source().get(), disk.sizeBytes())
                : new FileDisk(fileOf(index), disk.sizeBytes());
    }

    private void connectExports() throws ProviderException {
        for (VirtualDisk disk : disks) {
            if (disk.contents() instanceof ExportDisk export) {
                try {
                    export.connect();
                } catch (IOException failed) {
                    throw new ProviderException(
                            FailureKind.UNREACHABLE,
                            "VM " + id() + " was not started",
                            "the block export of disk " + disk.volume() + " cannot be used (" + failed.getMessage()
                                    + ")",
                            "See that the export is served, then start the VM again.",
                            failed);
                }
            }
        }
    }

    private void save(VmRecord changed) throws ProviderException {
        try {
            file.write(changed);
            record = changed;
        } catch (IOException failed) {
            throw Refusal.io("The record of VM " + id() + " was not written", failed);
        }
    }

    private void requireExisting() throws ProviderException {
        if (removed || !Files.isDirectory(folder)) {
            throw Refusal.unknownVm(id());
        }
    }
}
