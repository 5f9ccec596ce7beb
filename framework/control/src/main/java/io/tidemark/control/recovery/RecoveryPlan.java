package io.tidemark.control.recovery;

import io.tidemark.control.checkpoint.CheckpointView;
import java.util.List;

/**
 * What a recovery would do; nothing was changed.
 *
 * @param vmNames names that the recovered VMs would have
 * @param steps in order
 * @param warnings things to know before starting
 */
public record RecoveryPlan(
        RecoveryType type,
        String vpg,
        CheckpointView checkpoint,
        String hypervisor,
        List<String> vmNames,
        List<String> steps,
        List<String> warnings) {
    public RecoveryPlan {
        vmNames = List.copyOf(vmNames);
        steps = List.copyOf(steps);
        warnings = List.copyOf(warnings);
    }
}
