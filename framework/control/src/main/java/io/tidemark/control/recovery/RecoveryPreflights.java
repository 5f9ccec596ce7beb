package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.vpg.TargetPreflight;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreflightReport;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the target of a VPG what a recovery would run into, before the source is shut down or anything is made. Any thread. */
final class RecoveryPreflights {
    private static final Logger LOG = LoggerFactory.getLogger(RecoveryPreflights.class);

    private final RecoveryActions actions;
    private final TargetPreflight target;
    private final Duration limit;

    RecoveryPreflights(RecoveryActions actions, TargetPreflight target, Duration limit) {
        this.actions = actions;
        this.target = target;
        this.limit = limit;
    }

    /** Empty where the target has no preflight. */
    Optional<PreflightReport> ask(Vpg vpg, RecoveryType type) {
        String hypervisor = vpg.definition().recoveryHypervisor();
        actions.checkTarget(hypervisor);
        return ProviderFailures.calling(() -> target.check(
                hypervisor, vpg.definition().members(), RecoveryActions.purpose(type), Deadline.after(limit)));
    }

    /** As {@link #ask}; refuses with all findings that forbid the recovery. */
    Optional<PreflightReport> refuseErrors(Vpg vpg, RecoveryType type) {
        Optional<PreflightReport> report = ask(vpg, type);
        report.ifPresent(found -> refuse(vpg, found));
        return report;
    }

    /** As {@link #refuseErrors}; but in a disaster a target that cannot be asked must not keep anybody from trying. */
    void checkBeforeStart(Vpg vpg, RecoveryType type) {
        Optional<PreflightReport> report;
        try {
            report = ask(vpg, type);
        } catch (ControlException e) {
            LOG.atWarn()
                    .addKeyValue("vpg", vpg.id())
                    .log("A recovery begins without its preflight: {}", e.getMessage());
            return;
        }
        report.ifPresent(found -> refuse(vpg, found));
    }

    private static void refuse(Vpg vpg, PreflightReport report) {
        TargetPreflight.refuseErrors(
                "VPG '" + vpg.name() + "' was not recovered", vpg.definition().recoveryHypervisor(), report);
    }
}
