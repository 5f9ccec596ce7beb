package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.DiskInfo;
import io.tidemark.hypervisor.vsphere.hostsimulator.VmState.DiskState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** All VMs of the simulated hosts, as the vCenter last told of them. Any thread; changes one at a time. */
final class SimulatedHost implements AutoCloseable {
    private final List<Path> datastores;
    private final ReentrantLock changes = new ReentrantLock();
    private final Map<String, HostVm> vms = new ConcurrentSkipListMap<>();

    /** @param datastores folders, with all links followed; a disk that is in none of them is refused */
    SimulatedHost(List<Path> datastores) {
        this.datastores = List.copyOf(datastores);
    }

    List<HostVm> vms() {
        return List.copyOf(vms.values());
    }

    Optional<HostVm> vm(String id) {
        return Optional.ofNullable(vms.get(id));
    }

    Optional<SimulatedDisk> disk(String id) {
        return allDisks().filter(disk -> disk.id().equals(id)).findFirst();
    }

    Optional<SimulatedDisk> disk(Path flat) {
        return allDisks().filter(disk -> disk.path().equals(flat)).findFirst();
    }

    List<DiskInfo> diskInfos() {
        List<DiskInfo> infos = new ArrayList<>();
        for (HostVm vm : vms.values()) {
            for (SimulatedDisk disk : vm.disks()) {
                infos.add(new DiskInfo(
                        disk.id(), vm.id(), vm.name(), disk.path().toString(), disk.sizeBytes(), disk.isPowered()));
            }
        }
        return infos;
    }

    /** Adds or changes a VM. */
    void put(VmState state) throws IOException, BadRequestException {
        changes.lock();
        try {
            for (DiskState disk : state.disks()) {
                requireInDatastore(disk.flat());
                requireFree(disk.flat(), state.id());
            }
            HostVm vm = vms.computeIfAbsent(state.id(), HostVm::new);
            vm.become(state);
        } finally {
            changes.unlock();
        }
    }

    /** Makes these all the VMs there are. What is wrong with one does not keep the others from it, and is thrown at the end. */
    void putAll(List<VmState> states) throws IOException {
        changes.lock();
        try {
            Set<String> told = new HashSet<>();
            states.forEach(state -> told.add(state.id()));
            for (String id : List.copyOf(vms.keySet())) {
                if (!told.contains(id)) {
                    remove(id);
                }
            }
            Failures failures = new Failures();
            // First all that is given away, then all that is taken: a disk may go from one VM to another.
            states.forEach(state -> vm(state.id()).ifPresent(vm -> vm.keepOnly(state.disks())));
            for (VmState state : states) {
                try {
                    put(state);
                } catch (IOException | BadRequestException failed) {
                    failures.add(state.id(), failed);
                }
            }
            failures.throwAll();
        } finally {
            changes.unlock();
        }
    }

    /** Removes a VM; its files stay. Does nothing where there is none. */
    void remove(String id) {
        changes.lock();
        try {
            HostVm vm = vms.remove(id);
            if (vm != null) {
                vm.close("the VM was removed from the host");
            }
        } finally {
            changes.unlock();
        }
    }

    @Override
    public void close() {
        vms().forEach(vm -> remove(vm.id()));
    }

    private Stream<SimulatedDisk> allDisks() {
        return vms.values().stream().flatMap(vm -> vm.disks().stream());
    }

    private void requireFree(Path flat, String owner) throws BadRequestException {
        for (HostVm vm : vms.values()) {
            if (!vm.id().equals(owner)
                    && vm.disks().stream().anyMatch(disk -> disk.path().equals(flat))) {
                throw new BadRequestException(flat + " is a disk of VM " + vm.id() + " already");
            }
        }
    }

    private void requireInDatastore(Path flat) throws IOException, BadRequestException {
        Path real = flat.toRealPath();
        if (datastores.stream().noneMatch(real::startsWith)) {
            throw new BadRequestException(flat + " is in none of the datastores " + datastores);
        }
    }

    /** What went wrong with several VMs. */
    private static final class Failures {
        private final List<String> texts = new ArrayList<>();

        void add(String vm, Exception failure) {
            texts.add("VM " + vm + ": " + failure.getMessage());
        }

        void throwAll() throws IOException {
            if (!texts.isEmpty()) {
                throw new IOException(String.join("; ", texts));
            }
        }
    }
}
