package io.tidemark.control;

import io.tidemark.control.ControlException.Reason;

/** Every error that the control plane reports, with its stable code. Codes are never reused. */
public enum ErrorCode {
    REQUEST_INVALID("TDM-1001", Reason.INVALID),
    CURSOR_INVALID("TDM-1002", Reason.INVALID),
    IDEMPOTENCY_KEY_REUSED("TDM-1003", Reason.CONFLICT),
    CLOSED("TDM-1004", Reason.REFUSED),

    PEER_NOT_FOUND("TDM-1101", Reason.NOT_FOUND),
    PEER_EXISTS("TDM-1102", Reason.CONFLICT),
    PEER_IN_USE("TDM-1103", Reason.CONFLICT),
    PEER_UNREACHABLE("TDM-1104", Reason.UNREACHABLE),
    PEER_REFUSED("TDM-1105", Reason.REFUSED),
    PAIRING_SECRET_REFUSED("TDM-1106", Reason.REFUSED),
    PEER_NOT_PARTY("TDM-1107", Reason.REFUSED),

    HYPERVISOR_NOT_FOUND("TDM-1201", Reason.NOT_FOUND),
    HYPERVISOR_EXISTS("TDM-1202", Reason.CONFLICT),
    HYPERVISOR_IN_USE("TDM-1203", Reason.CONFLICT),
    HYPERVISOR_UNREACHABLE("TDM-1204", Reason.UNREACHABLE),
    HYPERVISOR_CANNOT_RECOVER("TDM-1205", Reason.REFUSED),

    VM_NOT_FOUND("TDM-1301", Reason.NOT_FOUND),
    VM_NAME_AMBIGUOUS("TDM-1302", Reason.CONFLICT),

    VPG_NOT_FOUND("TDM-1401", Reason.NOT_FOUND),
    VPG_NAME_TAKEN("TDM-1402", Reason.CONFLICT),
    VPG_STATE("TDM-1403", Reason.CONFLICT),
    VPG_IN_RECOVERY("TDM-1404", Reason.CONFLICT),
    VPG_VERSION_STALE("TDM-1405", Reason.CONFLICT),
    VPG_FENCED("TDM-1406", Reason.CONFLICT),

    CHECKPOINT_NOT_FOUND("TDM-1501", Reason.NOT_FOUND),
    CHECKPOINT_GONE("TDM-1502", Reason.GONE),
    CHECKPOINT_NOT_POSSIBLE("TDM-1504", Reason.REFUSED),
    CHECKPOINT_NOT_DURABLE("TDM-1505", Reason.UNREACHABLE),
    CHECKPOINT_NONE("TDM-1506", Reason.CONFLICT),
    CHECKPOINT_DAMAGED("TDM-1507", Reason.REFUSED),

    RECOVERY_NOT_FOUND("TDM-1601", Reason.NOT_FOUND),
    RECOVERY_STATE("TDM-1602", Reason.CONFLICT),
    RECOVERY_RUNNING("TDM-1603", Reason.CONFLICT),
    PREFLIGHT_FAILED("TDM-1604", Reason.REFUSED),

    TASK_NOT_FOUND("TDM-1701", Reason.NOT_FOUND),

    DATA_PLANE("TDM-1901", Reason.INTERNAL),
    PROVIDER_UNREACHABLE("TDM-1902", Reason.UNREACHABLE),
    PROVIDER_REFUSED("TDM-1903", Reason.REFUSED),
    DEFECT("TDM-1999", Reason.INTERNAL);

    private final String code;
    private final Reason reason;

    ErrorCode(String code, Reason reason) {
        this.code = code;
        this.reason = reason;
    }

    /** For example {@code TDM-1401}. */
    public String code() {
        return code;
    }

    public Reason reason() {
        return reason;
    }

    /** An exception with this code. The texts follow the rules of {@link ControlException}. */
    public ControlException because(String happened, String why, String remedy) {
        return new ControlException(this, happened, why, remedy);
    }
}
