package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.recovery.PreflightReport;
import java.util.List;
import java.util.Optional;

/**
 * Recovery operations of VPGs. They run at the recovery site; asked of the protected site they are forwarded.
 *
 * <p>The calls that start work return at once; the view's {@code task} is the task that does it.
 */
public interface Recoveries {
    /**
     * What the target says of a recovery of the VPG now, whether it forbids it or not. Changes nothing.
     *
     * @param vpg id or name
     * @return empty where the target has no preflight
     */
    Optional<PreflightReport> preflight(String vpg, RecoveryType type);

    /**
     * Validates a request and says what it would do.
     *
     * @throws ControlException as {@link #start}
     */
    RecoveryPlan plan(StartRecovery request);

    /**
     * Starts a recovery.
     *
     * @throws ControlException {@code VPG_NOT_FOUND}, {@code VPG_STATE}, {@code RECOVERY_RUNNING} while another of the type is open,
     *     {@code CHECKPOINT_NOT_FOUND}, {@code CHECKPOINT_GONE}, {@code CHECKPOINT_NONE}, {@code HYPERVISOR_UNREACHABLE},
     *     {@code PREFLIGHT_FAILED} with all findings that forbid it, {@code IDEMPOTENCY_KEY_REUSED}, {@code REQUEST_INVALID}; nothing was changed
     */
    RecoveryView start(StartRecovery request);

    /** Newest first; of one VPG (id or name) or of all. */
    List<RecoveryView> list(Optional<String> vpg);

    /** One recovery; {@code RECOVERY_NOT_FOUND} when it is unknown. */
    RecoveryView get(OperationId recovery);

    /**
     * Ends a failover test and removes its VMs.
     *
     * @param note at most 2,000 characters
     * @throws ControlException {@code RECOVERY_STATE} when it is not a running test
     */
    RecoveryView stop(OperationId recovery, TestResult result, String note);

    /**
     * Makes a live failover final: fences the source and copies the VMs to the target's storage while they run.
     *
     * @throws ControlException {@code RECOVERY_STATE}
     */
    RecoveryView commit(OperationId recovery);

    /**
     * Undoes a live failover: removes its VMs; the VPG goes on as before.
     *
     * @throws ControlException {@code RECOVERY_STATE}, also once a commit has begun
     */
    RecoveryView rollback(OperationId recovery);
}
