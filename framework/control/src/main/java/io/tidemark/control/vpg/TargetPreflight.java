package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.dataplane.Hypervisors;
import io.tidemark.control.dataplane.ProtectedVpg.MemberVolume;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.PreflightReport.Finding;
import io.tidemark.spi.recovery.PreflightReport.Severity;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoveryPreflight.PlannedVm;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks the recovery targets of this site what a recovery would run into, and says what follows from it. Any thread. */
public final class TargetPreflight {
    private final Hypervisors hypervisors;

    public TargetPreflight(Hypervisors hypervisors) {
        this.hypervisors = hypervisors;
    }

    /**
     * Asks a target about VMs.
     *
     * @return empty where the target has no preflight, or is not open
     */
    public Optional<PreflightReport> check(
            String hypervisor, List<MemberDefinition> members, Purpose purpose, Deadline deadline)
            throws ProviderException {
        Optional<RecoveryPreflight> preflight = hypervisors
                .find(hypervisor)
                .filter(RecoverySite.class::isInstance)
                .map(RecoverySite.class::cast)
                .flatMap(RecoverySite::recoveryPreflight);
        return preflight.isEmpty()
                ? Optional.empty()
                : Optional.of(preflight.get().check(planned(members), purpose, deadline));
    }

    private static List<PlannedVm> planned(List<MemberDefinition> members) {
        List<PlannedVm> planned = new ArrayList<>();
        for (MemberDefinition member : members) {
            planned.add(new PlannedVm(
                    member.member().vmName(),
                    member.hardware(),
                    member.member().volumes().stream()
                            .map(MemberVolume::sizeBytes)
                            .toList(),
                    member.nics().size(),
                    Map.of()));
        }
        return planned;
    }

    /**
     * Refuses with everything that forbids the recovery, all at once.
     *
     * @param happened without a full stop
     * @throws ControlException {@code PREFLIGHT_FAILED}
     */
    public static void refuseErrors(String happened, String hypervisor, PreflightReport report) {
        List<Finding> errors = report.findings().stream()
                .filter(finding -> finding.severity() == Severity.ERROR)
                .toList();
        if (errors.isEmpty()) {
            return;
        }
        String all = String.join(
                "; ",
                errors.stream()
                        .map(finding -> finding.subject() + ": " + finding.problem())
                        .toList());
        throw new ControlException(
                ErrorCode.PREFLIGHT_FAILED,
                happened,
                "the recovery target '" + hypervisor + "' has " + errors.size() + " objections: " + all,
                "Correct all of them, see 'tidemark recovery preflight' for the whole report, and ask again.",
                // They are about the target and not about a field of the request: the pointer is the whole document.
                errors.stream()
                        .map(finding -> new FieldError("", told(finding)))
                        .toList(),
                null);
    }

    /** What does not forbid the recovery, and is worth knowing. */
    public static List<String> warnings(PreflightReport report) {
        return report.findings().stream()
                .filter(finding -> finding.severity() == Severity.WARNING)
                .map(TargetPreflight::told)
                .toList();
    }

    private static String told(Finding finding) {
        return finding.subject() + ": " + finding.problem() + ". " + finding.remedy();
    }
}
