package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.spi.id.OperationId;
import java.util.List;
import java.util.Optional;

/**
 * Recovery operations of VPGs. They run at the recovery site; asked of the protected site they are forwarded.
 *
 * <p>The calls that start work return at once; the view's {@code task} is the task that does it.
 */
public interface Recoveries {
    /** Validates a request and says what it would do. */
    RecoveryPlan plan(StartRecovery request);

    /**
     * Starts a recovery.
     *
     * @throws ControlException {@code VPG_NOT_FOUND}, {@code VPG_STATE}, {@code RECOVERY_RUNNING} while another of the type is open,
     *     {@code CHECKPOINT_NOT_FOUND}, {@code CHECKPOINT_GONE}, {@code CHECKPOINT_NONE}, {@code HYPERVISOR_UNREACHABLE},
     *     {@code IDEMPOTENCY_KEY_REUSED}, {@code REQUEST_INVALID}; nothing was changed
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
