package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Recovered VMs boot from block exports, can be promoted, and are discarded without a trace. The recovered disks are those of a sample VM
 * that is booted once; recovered VMs boot six times in all.
 */
public abstract class RecoveryTargetContract extends HypervisorContract {
    private static final int[] ENTRIES = {12, 7};

    private final List<byte[]> contents = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm origin;

    @BeforeAll
    final void bootOriginAndTakeItsDisks() throws Exception {
        origin = boot("origin", SMALL_DISK_BYTES, SMALL_DISK_BYTES);
        for (int disk = 0; disk < ENTRIES.length; disk++) {
            for (int i = 0; i < ENTRIES[disk]; i++) {
                origin.append(disk);
            }
        }
        origin.console().sync(deadline());
        site().compute().powerOff(origin.id(), deadline());
        for (int disk = 0; disk < ENTRIES.length; disk++) {
            contents.add(readVolume(origin.volume(disk)));
        }
    }

    @Test
    void createdVmIsOffAndLooksLikeItsOrigin() throws Exception {
        OperationId operation = OperationId.random();
        try (ExportedDisks disks = export()) {
            RecoveryVmSpec spec = spec("created", Purpose.TEST, disks);
            VmId vm = target().create(spec, operation, deadline());
            VmDescription found = describe(vm);
            assertEquals(spec.name(), found.name());
            assertEquals(PowerState.OFF, found.power());
            assertEquals(spec.hardware().memoryBytes(), found.hardware().memoryBytes());
            assertEquals(spec.hardware().processors(), found.hardware().processors());
            assertEquals(
                    spec.disks().stream()
                            .map(RecoveryVmSpec.RecoveryDisk::sizeBytes)
                            .toList(),
                    found.volumes().stream().map(VolumeDescription::sizeBytes).toList());
            assertNotEquals(origin.id(), vm);
            assertTestNetworkIsIsolated(found);
            assertEquals(List.of(vm), target().list(operation, deadline()));
        } finally {
            assertDiscardLeavesNothing(operation);
        }
    }

    @Test
    void createIsIdempotentByOperation() throws Exception {
        OperationId operation = OperationId.random();
        try (ExportedDisks disks = export()) {
            VmId vm = target().create(spec("again", Purpose.TEST, disks), operation, deadline());
            assertEquals(vm, target().create(spec("again", Purpose.TEST, disks), operation, deadline()));
            VmId other = target().create(spec("another", Purpose.TEST, disks), operation, deadline());
            assertNotEquals(vm, other);
            assertEquals(2, target().list(operation, deadline()).size());
        } finally {
            assertDiscardLeavesNothing(operation);
        }
    }

    @Test
    void takenNameIsAConflictAndMakesNothing() throws Exception {
        OperationId operation = OperationId.random();
        try (ExportedDisks disks = export()) {
            RecoveryVmSpec taken = disks.spec(origin.name(), Purpose.TEST, origin.description());
            int before = site().inventory().list(deadline()).size();
            assertRefused(() -> target().create(taken, operation, deadline()), FailureKind.CONFLICT);
            assertEquals(List.of(), target().list(operation, deadline()));
            assertEquals(before, site().inventory().list(deadline()).size());
            assertEquals(origin.id(), describe(origin.id()).id());
        } finally {
            assertDiscardLeavesNothing(operation);
        }
    }

    @Test
    void startedVmBootsFromTheExportsWithItsLedgers() throws Exception {
        OperationId operation = OperationId.random();
        try (ExportedDisks disks = export()) {
            VmId vm = target().create(spec("started", Purpose.TEST, disks), operation, deadline());
            target().start(vm, deadline());
            try (SampleVm guest = sampleVms().connect(vm, deadline())) {
                assertLedgers(guest, ENTRIES[0], ENTRIES[1]);
                target().start(vm, deadline());
                guest.append(0, ENTRIES[0] + 1, deadline());
                guest.append(1, ENTRIES[1] + 1, deadline());
                assertLedgers(guest, ENTRIES[0] + 1, ENTRIES[1] + 1);
            }
            assertEquals(PowerState.RUNNING, describe(vm).power());
            disks.assertOriginalsUntouched();
            assertDiscardLeavesNothing(operation);
            await("the exports are let go", () -> disks.connections() == 0);
            assertEquals(Optional.empty(), site().inventory().find(vm, deadline()));
            disks.assertOriginalsUntouched();
        } finally {
            assertDiscardLeavesNothing(operation);
        }
    }

    @Test
    void recoveredVmIsFoundAgainAfterARestart() throws Exception {
        OperationId operation = OperationId.random();
        try (ExportedDisks disks = export()) {
            RecoveryVmSpec spec = spec("restart", Purpose.TEST, disks);
            VmId vm = target().create(spec, operation, deadline());
            target().start(vm, deadline());
            reopenSite();
            assertEquals(List.of(vm), target().list(operation, deadline()));
            assertEquals(vm, target().create(spec, operation, deadline()));
            assertEquals(PowerState.RUNNING, describe(vm).power());
            target().start(vm, deadline());
            try (SampleVm guest = sampleVms().connect(vm, deadline())) {
                assertLedgers(guest, ENTRIES[0], ENTRIES[1]);
            }
            reopenSite();
            assertDiscardLeavesNothing(operation);
            assertEquals(Optional.empty(), site().inventory().find(vm, deadline()));
        } finally {
            assertDiscardLeavesNothing(operation);
        }
    }

    @Test
    void discardTouchesItsOwnOperationOnly() throws Exception {
        OperationId operation = OperationId.random();
        OperationId other = OperationId.random();
        try (ExportedDisks disks = export();
                ExportedDisks otherDisks = export()) {
            target().create(spec("mine", Purpose.TEST, disks), operation, deadline());
            VmId kept = target().create(spec("kept", Purpose.TEST, otherDisks), other, deadline());
            assertDiscardLeavesNothing(OperationId.random());
            assertDiscardLeavesNothing(operation);
            assertEquals(List.of(kept), target().list(other, deadline()));
            assertEquals(kept, describe(kept).id());
            assertEquals(origin.id(), describe(origin.id()).id());
        } finally {
            assertDiscardLeavesNothing(operation);
            assertDiscardLeavesNothing(other);
        }
    }

    @Test
    void promotedVmOutlivesItsExports() throws Exception {
        OperationId operation = OperationId.random();
        VmId vm;
        long written;
        try (ExportedDisks disks = export()) {
            vm = target().create(spec("promoted", Purpose.LIVE, disks), operation, deadline());
            target().start(vm, deadline());
            written = promoteUnderLoad(vm, operation);
            await("the exports are let go", () -> disks.connections() == 0);
            disks.assertOriginalsUntouched();
        }
        try {
            target().promote(vm, operation, progress -> {}, deadline());
            target().discard(operation, deadline());
            assertEquals(PowerState.RUNNING, describe(vm).power());
            assertEquals(List.of(vm), target().list(operation, deadline()));
            try (SampleVm guest = sampleVms().connect(vm, deadline())) {
                assertLedgers(guest, written, ENTRIES[1]);
                guest.append(1, ENTRIES[1] + 1, deadline());
            }
            site().compute().powerOff(vm, deadline());
            site().compute().start(vm, deadline());
            try (SampleVm guest = sampleVms().connect(vm, deadline())) {
                assertLedgers(guest, written, ENTRIES[1] + 1);
            }
        } finally {
            subject().removePromoted(vm);
        }
    }

    @Test
    void unknownVmIsRefused() throws Exception {
        VmId nobody = new VmId(UUID.randomUUID().toString());
        OperationId operation = OperationId.random();
        assertRefused(() -> target().start(nobody, deadline()), FailureKind.REJECTED);
        assertRefused(() -> target().promote(nobody, operation, progress -> {}, deadline()), FailureKind.REJECTED);
        assertRefused(() -> target().promote(origin.id(), operation, progress -> {}, deadline()), FailureKind.REJECTED);
        assertEquals(List.of(), target().list(operation, deadline()));
    }

    /** Promotes while the guest appends to its first disk; returns the number of its last entry. */
    private long promoteUnderLoad(VmId vm, OperationId operation) throws Exception {
        List<Double> progress = new CopyOnWriteArrayList<>();
        try (SampleVm guest = sampleVms().connect(vm, deadline())) {
            BootedVm load = new BootedVm(guest, describe(vm), subject().timeLimit(), ENTRIES);
            BackgroundWriter writer = new BackgroundWriter(load, 0);
            try {
                await("the guest writes", () -> writer.appended() > 0 || writer.ended());
                target().promote(vm, operation, progress::add, deadline());
            } finally {
                writer.stop();
            }
            assertLedgers(guest, load.lastNumber(0), ENTRIES[1]);
            assertTrue(
                    !progress.isEmpty() && progress.stream().allMatch(each -> each >= 0 && each <= 1),
                    () -> "progress: " + progress);
            return load.lastNumber(0);
        }
    }

    private void assertLedgers(SampleVm guest, long first, long second) throws Exception {
        assertEquals(new LedgerReport(first, true), guest.report(0, deadline()), "first disk");
        assertEquals(new LedgerReport(second, true), guest.report(1, deadline()), "second disk");
    }

    private void assertTestNetworkIsIsolated(VmDescription recovered) {
        List<String> production = origin.description().nics().stream()
                .map(VmDescription.NicDescription::network)
                .toList();
        assertEquals(origin.description().nics().size(), recovered.nics().size());
        assertFalse(
                recovered.nics().stream().anyMatch(nic -> production.contains(nic.network())),
                () -> "a test VM is plugged into a network of its origin: " + recovered.nics());
    }

    private void assertDiscardLeavesNothing(OperationId operation) throws Exception {
        List<VmId> made = target().list(operation, deadline());
        target().discard(operation, deadline());
        target().discard(operation, deadline());
        assertEquals(List.of(), target().list(operation, deadline()), "VMs left by discard");
        for (VmId vm : made) {
            assertEquals(Optional.empty(), site().inventory().find(vm, deadline()), "VM left by discard");
        }
    }

    private RecoveryTarget target() {
        return site().recoveryTarget().orElseThrow(() -> new AssertionError("this site has no facet RecoveryTarget"));
    }

    private RecoveryVmSpec spec(String part, Purpose purpose, ExportedDisks disks) {
        return disks.spec(nameOf(part), purpose, origin.description());
    }

    private ExportedDisks export() throws Exception {
        MemoryDisk.Access access =
                can(Capability.RECOVERY_OWNS_SCRATCH) ? MemoryDisk.Access.READ_ONLY : MemoryDisk.Access.WRITABLE;
        return new ExportedDisks(subject().context().blockNetwork(), contents, access);
    }
}
