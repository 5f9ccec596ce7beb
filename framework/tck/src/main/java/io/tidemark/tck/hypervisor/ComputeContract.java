package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.site.PowerState;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Power calls do what they say, are idempotent, and never lose an acknowledged write. Boots one VM up to four times. */
public abstract class ComputeContract extends HypervisorContract {
    private static final int ENTRIES = 5;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm vm;

    @BeforeAll
    final void bootVm() throws Exception {
        vm = boot("compute", SMALL_DISK_BYTES);
    }

    @Test
    void startOfARunningVmDoesNotDisturbIt() throws Exception {
        running(vm).append(0);
        site().compute().start(vm.id(), deadline());
        assertEquals(PowerState.RUNNING, power());
        vm.append(0); // over the console from before: the guest did not reboot
        assertLedgerComplete();
    }

    @Test
    void powerOffCutsThePowerAndStartBringsTheDisksBack() throws Exception {
        running(vm);
        for (int i = 0; i < ENTRIES; i++) {
            vm.append(0);
        }
        site().compute().powerOff(vm.id(), deadline());
        assertEquals(PowerState.OFF, power());
        assertEquals(PowerState.OFF, describe(vm.id()).power());
        site().compute().powerOff(vm.id(), deadline());
        assertEquals(PowerState.OFF, power());

        running(vm);
        assertEquals(PowerState.RUNNING, power());
        assertLedgerComplete();
        vm.append(0);
        assertLedgerComplete();
    }

    @Test
    void shutDownEndsWithTheVmOff() throws Exception {
        running(vm).append(0);
        site().compute().shutDown(vm.id(), deadline());
        assertEquals(PowerState.OFF, power());
        site().compute().shutDown(vm.id(), deadline());
        assertEquals(PowerState.OFF, power());
        running(vm);
        assertLedgerComplete();
    }

    @Test
    void unknownVmIsRefused() {
        VmId nobody = new VmId(UUID.randomUUID().toString());
        assertRefused(() -> site().compute().power(nobody, deadline()), FailureKind.REJECTED);
        assertRefused(() -> site().compute().start(nobody, deadline()), FailureKind.REJECTED);
        assertRefused(() -> site().compute().shutDown(nobody, deadline()), FailureKind.REJECTED);
        assertRefused(() -> site().compute().powerOff(nobody, deadline()), FailureKind.REJECTED);
    }

    private PowerState power() throws Exception {
        return site().compute().power(vm.id(), deadline());
    }

    private void assertLedgerComplete() throws Exception {
        assertEquals(new LedgerReport(vm.lastNumber(0), true), vm.console().report(0, deadline()));
    }
}
