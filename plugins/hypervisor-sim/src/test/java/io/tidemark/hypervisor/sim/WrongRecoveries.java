package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Recovery targets that are wrong in one way each. */
final class WrongRecoveries {
    private WrongRecoveries() {}

    /** Discards what any operation made since the site was opened. */
    static HypervisorSite discardingTooMuch(HypervisorSite site) {
        Set<OperationId> known = new HashSet<>();
        RecoveryTarget real = site.recoveryTarget().orElseThrow();
        HypervisorSite noting = Wrong.recovery("create", (arguments, right) -> {
                    known.add((OperationId) arguments[1]);
                    return right.call();
                })
                .apply(site);
        return Wrong.recovery("discard", (arguments, right) -> {
                    for (OperationId each : known) {
                        real.discard(each, (Deadline) arguments[1]);
                    }
                    return null;
                })
                .apply(noting);
    }

    /** Makes another VM each time it is asked. */
    static HypervisorSite creatingAnew(HypervisorSite site) {
        return Wrong.recovery("create", (arguments, right) -> {
                    RecoveryVmSpec spec = (RecoveryVmSpec) arguments[0];
                    arguments[0] = changed(spec, spec.name() + System.nanoTime(), spec.purpose(), spec.disks());
                    return right.call();
                })
                .apply(site);
    }

    /** Lists only what this very instance made. */
    static HypervisorSite forgettingAtRestart(HypervisorSite site) {
        Set<Object> known = new HashSet<>();
        HypervisorSite noting = Wrong.recovery("create", (arguments, right) -> {
                    known.add(arguments[1]);
                    return right.call();
                })
                .apply(site);
        return Wrong.recovery("list", (arguments, right) -> known.contains(arguments[0]) ? right.call() : List.of())
                .apply(noting);
    }

    /** Gives each disk the contents of another. */
    static HypervisorSite swappingDisks(HypervisorSite site) {
        return Wrong.recovery("create", (arguments, right) -> {
                    RecoveryVmSpec spec = (RecoveryVmSpec) arguments[0];
                    arguments[0] = changed(
                            spec, spec.name(), spec.purpose(), spec.disks().reversed());
                    return right.call();
                })
                .apply(site);
    }

    /** Treats a test like the real thing. */
    static HypervisorSite onProductionNetwork(HypervisorSite site) {
        return Wrong.recovery("create", (arguments, right) -> {
                    RecoveryVmSpec spec = (RecoveryVmSpec) arguments[0];
                    arguments[0] = changed(spec, spec.name(), Purpose.LIVE, spec.disks());
                    return right.call();
                })
                .apply(site);
    }

    /** Takes whatever VM has the name for its own. */
    static HypervisorSite takingOverByName(HypervisorSite site) {
        return Wrong.recovery("create", (arguments, right) -> {
                    try {
                        return right.call();
                    } catch (ProviderException taken) {
                        String name = ((RecoveryVmSpec) arguments[0]).name();
                        return site.inventory().list(Deadline.after(Duration.ofSeconds(10))).stream()
                                .filter(vm -> vm.name().equals(name))
                                .map(VmDescription::id)
                                .findFirst()
                                .orElseThrow(() -> taken);
                    }
                })
                .apply(site);
    }

    private static RecoveryVmSpec changed(RecoveryVmSpec spec, String name, Purpose purpose, List<RecoveryDisk> disks) {
        return new RecoveryVmSpec(name, purpose, spec.hardware(), disks, spec.nics());
    }
}
