package io.tidemark.control.event;

/** Conditions that are raised as alerts, with their stable codes. */
public enum AlertCode {
    VPG_FENCED("TDM-A01", Severity.ERROR),
    RPO_EXCEEDED("TDM-A02", Severity.WARNING),
    PEER_UNREACHABLE("TDM-A03", Severity.ERROR),
    HISTORY_SHORT("TDM-A04", Severity.WARNING),
    JOURNAL_UNAVAILABLE("TDM-A05", Severity.ERROR),
    RECOVERY_STUCK("TDM-A06", Severity.ERROR),
    AWAITING_DECISION("TDM-A07", Severity.WARNING),
    MEMBER_DEGRADED("TDM-A08", Severity.WARNING),
    SOURCE_UNAWARE("TDM-A09", Severity.WARNING),
    DELETION_STUCK("TDM-A10", Severity.ERROR),
    HISTORY_WILL_SHRINK("TDM-A11", Severity.WARNING),
    JOURNAL_FULL("TDM-A12", Severity.ERROR),
    JOURNAL_SLOWED("TDM-A13", Severity.WARNING),
    JOURNAL_DAMAGED("TDM-A14", Severity.ERROR),
    STAGING_FAILED("TDM-A15", Severity.WARNING);

    private final String code;
    private final Severity severity;

    AlertCode(String code, Severity severity) {
        this.code = code;
        this.severity = severity;
    }

    /** For example {@code TDM-A02}. */
    public String code() {
        return code;
    }

    public Severity severity() {
        return severity;
    }
}
