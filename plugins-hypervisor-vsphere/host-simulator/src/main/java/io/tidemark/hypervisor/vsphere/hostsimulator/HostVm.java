package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.guest.Guest;
import io.tidemark.guest.GuestDisk;
import io.tidemark.guest.LatencyLog;
import io.tidemark.guest.LedgerProgram;
import io.tidemark.guest.RandomWriter;
import io.tidemark.hypervisor.vsphere.hostsimulator.VmState.DiskState;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One VM: its disks, its power, and what runs inside it. Any thread; changes of state one at a time. */
final class HostVm {
    private static final Logger LOG = LoggerFactory.getLogger(HostVm.class);

    private final String id;
    private final ReentrantLock changes = new ReentrantLock();
    private final Map<Integer, SimulatedDisk> disks = new TreeMap<>();
    private volatile List<SimulatedDisk> diskList = List.of();
    private volatile String name;
    private volatile @Nullable Running running;

    HostVm(String id) {
        this.id = id;
        this.name = id;
    }

    String id() {
        return id;
    }

    String name() {
        return name;
    }

    /** In the order of their keys. */
    List<SimulatedDisk> disks() {
        return diskList;
    }

    boolean isPowered() {
        return running != null;
    }

    /**
     * Becomes what the vCenter says.
     *
     * @throws IOException when a disk cannot be used; what comes before it in the state is done
     */
    void become(VmState state) throws IOException, BadRequestException {
        GuestSettings settings = GuestSettings.of(state.settings());
        changes.lock();
        try {
            name = state.name();
            if (!state.powered()) {
                halt();
            }
            changeDisks(state.disks());
            Running now = running;
            if (state.powered() && now == null) {
                boot(settings);
            } else if (now != null) {
                for (SimulatedDisk disk : diskList) {
                    if (!now.seen.containsKey(disk)) {
                        now.seen.put(disk, disk.powerOn()); // plugged into the running VM
                    }
                }
                now.seen.keySet().retainAll(diskList);
            }
        } finally {
            changes.unlock();
        }
    }

    /** Cuts the power and lets go of the disks. */
    void close(String why) {
        changes.lock();
        try {
            halt();
            List<SimulatedDisk> gone = List.copyOf(disks.values());
            disks.clear();
            diskList = List.of();
            for (SimulatedDisk disk : gone) {
                closeDisk(disk, why);
            }
        } finally {
            changes.unlock();
        }
    }

    /** The program that answers on the console. */
    LedgerProgram program() throws ProviderException {
        Running now = running;
        if (now == null) {
            throw refusal("it is powered off", "Start the VM, then try again.");
        }
        if (now.program.isEmpty()) {
            throw refusal(
                    "its workload is 'none'", "Set guestinfo.tidemark.workload to 'ledger' and start the VM anew.");
        }
        return now.program.get();
    }

    /** How long the random writer's commands took, by disk; empty where there is none. */
    Map<SimulatedDisk, LatencyLog> latencies() {
        Running now = running;
        if (now == null || now.writer.isEmpty()) {
            return Map.of();
        }
        Map<SimulatedDisk, LatencyLog> logs = new HashMap<>();
        List<LatencyLog> all = now.writer.get().latencies();
        for (int i = 0; i < all.size(); i++) {
            logs.put(now.written.get(i), all.get(i));
        }
        return logs;
    }

    /** Lets go of the disks that are none of these. */
    void keepOnly(List<DiskState> wanted) {
        changes.lock();
        try {
            for (int key : List.copyOf(disks.keySet())) {
                SimulatedDisk disk = disks.get(key);
                if (disk != null
                        && wanted.stream()
                                .noneMatch(
                                        each -> each.key() == key && each.flat().equals(disk.path()))) {
                    disks.remove(key);
                    closeDisk(disk, "the disk was removed or moved");
                }
            }
            diskList = List.copyOf(disks.values());
        } finally {
            changes.unlock();
        }
    }

    private void changeDisks(List<DiskState> wanted) throws IOException {
        keepOnly(wanted);
        for (DiskState state : wanted) {
            SimulatedDisk disk = disks.get(state.key());
            if (disk == null) {
                disks.put(state.key(), new SimulatedDisk(id + "/" + state.key(), state.flat(), state.sizeBytes()));
            } else if (disk.sizeBytes() != state.sizeBytes()) {
                disk.grow(state.sizeBytes());
            }
            diskList = List.copyOf(disks.values());
        }
    }

    /** Starts everything, or, when a part of it cannot be started, nothing. */
    private void boot(GuestSettings settings) throws IOException {
        try {
            Running started = new Running();
            List<GuestDisk> seen = new ArrayList<>();
            for (SimulatedDisk disk : disks.values()) {
                GuestDisk view = disk.powerOn();
                started.seen.put(disk, view);
                started.written.add(disk);
                seen.add(view);
            }
            if (settings.hasConsole()) {
                started.program = Optional.of(new LedgerProgram(started));
            }
            if (settings.random().isPresent()) {
                started.writer = Optional.of(RandomWriter.start(
                        settings.random().get(),
                        seen,
                        Thread.ofPlatform()
                                .daemon()
                                .name("guest-" + id + "-", 0)
                                .factory()));
            }
            running = started;
            LOG.atInfo().addKeyValue("vm", id).addKeyValue("disks", seen.size()).log("A guest runs");
        } catch (IOException | RuntimeException failed) {
            disks.values().forEach(SimulatedDisk::powerOff);
            throw failed;
        }
    }

    private void halt() {
        Running now = running;
        if (now == null) {
            return;
        }
        running = null;
        now.writer.ifPresent(RandomWriter::stop);
        disks.values().forEach(SimulatedDisk::powerOff);
        LOG.atInfo().addKeyValue("vm", id).log("A guest was stopped");
    }

    private static void closeDisk(SimulatedDisk disk, String why) {
        try {
            disk.close(why);
        } catch (IOException failed) {
            LOG.atWarn().addKeyValue("disk", disk.id()).log("The files of a disk were not closed in peace", failed);
        }
    }

    private ProviderException refusal(String why, String remedy) {
        return new ProviderException(FailureKind.REJECTED, "VM " + name + " was not reached", why, remedy);
    }

    /** What a boot has brought up. */
    private final class Running implements Guest {
        private final Map<SimulatedDisk, GuestDisk> seen = new ConcurrentHashMap<>();
        private final List<SimulatedDisk> written = new ArrayList<>();
        private volatile Optional<LedgerProgram> program = Optional.empty();
        private volatile Optional<RandomWriter> writer = Optional.empty();

        @Override
        public String name() {
            return HostVm.this.name;
        }

        @Override
        public List<GuestDisk> disks() {
            List<GuestDisk> present = new ArrayList<>();
            for (SimulatedDisk disk : diskList) {
                GuestDisk view = seen.get(disk);
                if (view != null) {
                    present.add(view);
                }
            }
            return present;
        }

        @Override
        public void requirePower() throws ProviderException {
            if (running != this) {
                throw refusal("it was powered off meanwhile", "Start the VM, then try again.");
            }
        }
    }
}
