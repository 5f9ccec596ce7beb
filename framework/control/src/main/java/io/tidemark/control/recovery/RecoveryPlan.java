package io.tidemark.control.recovery;

import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.spi.recovery.PreflightReport;
import java.util.List;
import java.util.Optional;

/**
 * What a recovery would do; nothing was changed.
 *
 * @param vmNames names that the recovered VMs would have
 * @param steps in order
 * @param warnings things to know before starting
 * @param preflight what the target says about it; empty where it has no preflight
 */
public record RecoveryPlan(
        RecoveryType type,
        String vpg,
        CheckpointView checkpoint,
        String hypervisor,
        List<String> vmNames,
        List<String> steps,
        List<String> warnings,
        Optional<PreflightReport> preflight) {
    public RecoveryPlan {
        vmNames = List.copyOf(vmNames);
        steps = List.copyOf(steps);
        warnings = List.copyOf(warnings);
    }
}
