package io.tidemark.hypervisor.vsphere.tracking;

import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.inventory.VirtualDrive;
import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Tasks;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderContext.Severity;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Freezes VMs by snapshots without memory, and asks the vCenter's changed-block tracking what changed between two of them.
 *
 * <p>At most one snapshot of ours per VM: each carries this instance's tag, and whatever of ours an earlier process left is removed before the
 * next one is taken, and once after the site was opened.
 */
public final class VsphereChangeTracking implements ChangeTracking {
    static final String SNAPSHOT_NAME = "Tidemark freeze point";
    /** Tracking that was switched on while the VM runs begins with the first snapshot; only the second one tells a change id. */
    private static final int ATTEMPTS = 2;

    private static final Duration SWEEP_LIMIT = Duration.ofMinutes(5);
    private static final Duration CLEAN_UP_LIMIT = Duration.ofSeconds(20);

    private final VimSession session;
    private final VsphereInventory inventory;
    private final ProviderContext host;
    private final String instanceTag;
    private final Duration interval;
    private final SnapshotReader reader;
    private final Map<VmId, ReentrantLock> turns = new ConcurrentHashMap<>();
    private final Set<MoRef> live = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param instanceTag tells the snapshots of this instance from those of other Tidemarks; the same after a restart
     * @param interval shortest time between two snapshots of a VM
     */
    public VsphereChangeTracking(
            VimSession session,
            VsphereInventory inventory,
            ProviderContext host,
            String instanceTag,
            Duration interval) {
        this.session = session;
        this.inventory = inventory;
        this.host = host;
        this.instanceTag = instanceTag;
        this.interval = interval;
        this.reader = new SnapshotReader(session);
    }

    @Override
    public Duration shortestInterval() {
        return interval;
    }

    @Override
    public FreezePoint freeze(VmId vm, List<VolumeId> volumes, Deadline deadline) throws ProviderException {
        ReentrantLock turn = turns.computeIfAbsent(vm, each -> new ReentrantLock());
        turn.lock();
        try {
            String happened = "VM " + vm + " was not frozen";
            VsphereVm found = inventory.require(vm, happened, deadline);
            requireVolumes(found, volumes);
            removeOurs(found, Set.of(), deadline);
            requireNoForeignSnapshot(found);
            switchOn(found, deadline);
            for (int attempt = 1; ; attempt++) {
                SnapshotFreezePoint point = take(found, deadline);
                if (point.tracks(volumes)) {
                    return point;
                }
                point.release(deadline);
                if (attempt == ATTEMPTS) {
                    throw new ProviderException(
                            FailureKind.UNSUPPORTED,
                            happened,
                            "changed-block tracking is switched on, and yet its snapshots carry no change id",
                            "Check that the VM's hardware version is 7 or newer, and power it off and on once.");
                }
            }
        } finally {
            turn.unlock();
        }
    }

    private static void requireVolumes(VsphereVm vm, List<VolumeId> volumes) throws ProviderException {
        for (VolumeId volume : volumes) {
            if (vm.disks().stream().noneMatch(each -> each.volume(vm.id()).equals(volume))) {
                throw DiskAccess.noSuchVolume(volume);
            }
        }
    }

    private void requireNoForeignSnapshot(VsphereVm vm) throws ProviderException {
        for (VsphereVm.Snapshot snapshot : vm.snapshots()) {
            if (!ours(snapshot)) {
                throw new ProviderException(
                        FailureKind.CONFLICT,
                        "VM " + vm.name() + " was not frozen",
                        "it has the snapshot '" + snapshot.name()
                                + "', and what stands on a snapshot of somebody else cannot be read as one disk",
                        "Remove that snapshot; if it is a backup's, it goes away with it. Protection goes on by itself then.");
            }
        }
    }

    private void switchOn(VsphereVm vm, Deadline deadline) throws ProviderException {
        if (vm.changeTracking()) {
            return;
        }
        String what = "Switching changed-block tracking on for VM " + vm.name();
        try {
            Tasks.run(
                    session,
                    what,
                    "ReconfigVM_Task",
                    vm.ref(),
                    body -> body.element("spec", spec -> spec.text("changeTrackingEnabled", "true")),
                    deadline);
        } catch (VimFault fault) {
            throw fault.toProviderException(what);
        }
    }

    private SnapshotFreezePoint take(VsphereVm vm, Deadline deadline) throws ProviderException {
        String what = "Freezing VM " + vm.name();
        Instant askedAt = host.clock().instant();
        MoRef snapshot;
        try {
            snapshot = Tasks.run(
                            session,
                            what,
                            "CreateSnapshot_Task",
                            vm.ref(),
                            body -> body.text("name", SNAPSHOT_NAME)
                                    .text("description", description())
                                    .text("memory", "false")
                                    .text("quiesce", "false"),
                            deadline)
                    .map(XmlNode::asRef)
                    .orElseThrow(() -> new ProviderException(
                            FailureKind.BUG, what + " failed", "the vCenter named no snapshot", "Report this."));
        } catch (VimFault fault) {
            throw fault.toProviderException(what);
        }
        live.add(snapshot);
        boolean taken = false;
        try {
            Topology topology = inventory.topology(deadline);
            List<VirtualDrive> drives = reader.drives(snapshot, deadline);
            SnapshotFreezePoint point = new SnapshotFreezePoint(this, reader, vm, snapshot, topology, drives, askedAt);
            taken = true;
            return point;
        } finally {
            if (!taken) {
                removeInTime(snapshot, vm.name());
            }
        }
    }

    private String description() {
        return "Made by Tidemark, which removes it within minutes. [" + instanceTag + "]";
    }

    private boolean ours(VsphereVm.Snapshot snapshot) {
        return snapshot.name().equals(SNAPSHOT_NAME) && snapshot.description().contains("[" + instanceTag + "]");
    }

    private void removeOurs(VsphereVm vm, Set<MoRef> kept, Deadline deadline) throws ProviderException {
        for (VsphereVm.Snapshot snapshot : vm.snapshots()) {
            if (ours(snapshot) && !kept.contains(snapshot.ref())) {
                remove(snapshot.ref(), vm.name(), deadline);
            }
        }
    }

    void remove(MoRef snapshot, String vmName, Deadline deadline) throws ProviderException {
        String what = "Removing the snapshot of VM " + vmName;
        try {
            Tasks.run(
                    session,
                    what,
                    "RemoveSnapshot_Task",
                    snapshot,
                    body -> body.text("removeChildren", "false").text("consolidate", "true"),
                    deadline);
        } catch (VimFault fault) {
            if (!fault.is("ManagedObjectNotFound")) {
                throw fault.toProviderException(what);
            }
        }
        live.remove(snapshot);
    }

    /** Removes a snapshot where the caller has no time left or no way to fail. */
    void removeInTime(MoRef snapshot, String vmName) {
        try {
            remove(snapshot, vmName, Deadline.after(CLEAN_UP_LIMIT));
        } catch (ProviderException left) {
            live.remove(snapshot);
            host.event(
                    Severity.WARNING,
                    left.getMessage()
                            + " The snapshot is removed before the next one is taken, or when Tidemark starts again.");
        }
    }

    @Override
    public void forget(VmId vm, Deadline deadline) throws ProviderException {
        ReentrantLock turn = turns.computeIfAbsent(vm, each -> new ReentrantLock());
        turn.lock();
        try {
            var found = inventory.topology(deadline).vm(vm);
            if (found.isPresent()) {
                removeOurs(found.get(), Set.of(), deadline);
            }
        } finally {
            turn.unlock();
        }
    }

    /** Removes what an earlier process of this instance left frozen, of all VMs. Tells of failures by events. */
    public void sweep() {
        Deadline deadline = Deadline.after(SWEEP_LIMIT);
        try {
            for (VsphereVm vm : inventory.topology(deadline).vms()) {
                if (vm.snapshots().stream().anyMatch(this::ours)) {
                    sweep(vm.id(), deadline);
                }
            }
        } catch (ProviderException failure) {
            if (!closed) {
                host.event(
                        Severity.WARNING,
                        "Snapshots that an earlier process may have left were not looked for: " + failure.getMessage());
            }
        }
    }

    private void sweep(VmId vm, Deadline deadline) throws ProviderException {
        ReentrantLock turn = turns.computeIfAbsent(vm, each -> new ReentrantLock());
        turn.lock();
        try {
            var found = inventory.topology(deadline).vm(vm);
            if (found.isPresent()) {
                removeOurs(found.get(), Set.copyOf(live), deadline);
            }
        } finally {
            turn.unlock();
        }
    }

    /** From here on failures of the sweep are nobody's concern. */
    public void close() {
        closed = true;
    }
}
