package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.PowerState;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sample VMs keep a ledger that the guest itself can judge. Boots two VMs. */
public abstract class SampleVmsContract extends HypervisorContract {
    private static final int LEDGER_DISK = 0;
    private static final int FRESH_DISK = 1;
    private static final int SCRAMBLED_DISK = 2;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm vm;

    @BeforeAll
    final void bootVm() throws Exception {
        vm = boot("sample", SMALL_DISK_BYTES, SMALL_DISK_BYTES, SMALL_DISK_BYTES);
    }

    @Test
    void createdVmRunsAndItsLedgersAreEmpty() throws Exception {
        assertEquals(PowerState.RUNNING, describe(vm.id()).power());
        assertEquals(new LedgerReport(0, true), vm.console().report(FRESH_DISK, deadline()));
    }

    @Test
    void appendedEntriesAreReported() throws Exception {
        for (int i = 0; i < 25; i++) {
            vm.append(LEDGER_DISK);
        }
        vm.console().sync(deadline());
        assertLedgerComplete();
    }

    @Test
    void entryOutOfOrderIsRefused() throws Exception {
        vm.append(LEDGER_DISK);
        long last = vm.lastNumber(LEDGER_DISK);
        assertRefused(() -> vm.console().append(LEDGER_DISK, last + 2, deadline()), FailureKind.REJECTED);
        assertRefused(() -> vm.console().append(LEDGER_DISK, last, deadline()), FailureKind.REJECTED);
        assertRefused(() -> vm.console().append(7, 1, deadline()), FailureKind.REJECTED);
        assertLedgerComplete();
        vm.append(LEDGER_DISK);
        assertLedgerComplete();
    }

    @Test
    void scrambledLedgerIsFoundOut() throws Exception {
        for (int i = 0; i < 5; i++) {
            vm.append(SCRAMBLED_DISK);
        }
        vm.console().scramble(SCRAMBLED_DISK, deadline());
        LedgerReport report = vm.console().report(SCRAMBLED_DISK, deadline());
        assertFalse(report.intact(), () -> "after scrambling: " + report);
        assertTrue(report.entries() < 5, () -> "after scrambling: " + report);
        assertLedgerComplete();
        assertEquals(new LedgerReport(0, true), vm.console().report(FRESH_DISK, deadline()));
    }

    @Test
    void consoleCanBeClosedAndConnectedAnew() throws Exception {
        vm.append(LEDGER_DISK);
        vm.console().close();
        vm.console().close();
        assertEquals(PowerState.RUNNING, describe(vm.id()).power());
        vm.reconnected(sampleVms().connect(vm.id(), deadline()));
        assertEquals(vm.id(), vm.console().id());
        assertLedgerComplete();
        vm.append(LEDGER_DISK);
        assertLedgerComplete();
    }

    @Test
    void unfitSpecsAreRefusedAndMakeNothing() throws Exception {
        OperationId operation = OperationId.random();
        String free = nameOf("unfit");
        SampleVmSpec taken = new SampleVmSpec(vm.name(), List.of(SMALL_DISK_BYTES));
        SampleVmSpec small = new SampleVmSpec(free, List.of(1L << 20));
        SampleVmSpec uneven = new SampleVmSpec(free, List.of(SMALL_DISK_BYTES + 512));
        assertRefused(() -> sampleVms().create(taken, operation, deadline()), FailureKind.CONFLICT);
        assertRefused(() -> sampleVms().create(small, operation, deadline()), FailureKind.REJECTED);
        assertRefused(() -> sampleVms().create(uneven, operation, deadline()), FailureKind.REJECTED);
        assertTrue(
                site().inventory().list(deadline()).stream()
                        .noneMatch(each -> each.name().equals(free)),
                "a refused VM exists");
        assertEquals(vm.id(), describe(vm.id()).id());
        assertLedgerComplete();
    }

    @Test
    void unknownVmHasNoConsole() {
        VmId nobody = new VmId(UUID.randomUUID().toString());
        assertRefused(() -> sampleVms().connect(nobody, deadline()).close(), FailureKind.REJECTED);
    }

    @Test
    void removeAllTakesTheOperationsVmsOnly() throws Exception {
        OperationId operation = OperationId.random();
        VmId removed;
        try (SampleVm console = sampleVms()
                .create(new SampleVmSpec(nameOf("removed"), List.of(SMALL_DISK_BYTES)), operation, deadline())) {
            removed = console.id();
            console.append(0, 1, deadline());
            sampleVms().removeAll(OperationId.random(), deadline());
            assertEquals(new LedgerReport(1, true), console.report(0, deadline()));
        } finally {
            sampleVms().removeAll(operation, deadline());
        }
        assertEquals(Optional.empty(), site().inventory().find(removed, deadline()));
        sampleVms().removeAll(operation, deadline());
        assertLedgerComplete();
    }

    private void assertLedgerComplete() throws Exception {
        assertEquals(
                new LedgerReport(vm.lastNumber(LEDGER_DISK), true), vm.console().report(LEDGER_DISK, deadline()));
    }
}
