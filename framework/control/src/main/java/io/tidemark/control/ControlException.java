package io.tidemark.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one exception of the control plane's facade: a reason that decides the HTTP status, a stable code and texts for people. */
public final class ControlException extends RuntimeException {
    private final ErrorCode errorCode;
    private final String happened;
    private final String why;
    private final String remedy;
    private final List<FieldError> fieldErrors;

    public ControlException(ErrorCode errorCode, String happened, String why, String remedy) {
        this(errorCode, happened, why, remedy, List.of(), null);
    }

    public ControlException(
            ErrorCode errorCode,
            String happened,
            String why,
            String remedy,
            List<FieldError> fieldErrors,
            @Nullable Throwable cause) {
        super(happened + ": " + why + ". " + remedy, cause);
        this.errorCode = errorCode;
        this.happened = happened;
        this.why = why;
        this.remedy = remedy;
        this.fieldErrors = List.copyOf(fieldErrors);
    }

    public ErrorCode errorCode() {
        return errorCode;
    }

    public Reason reason() {
        return errorCode.reason();
    }

    /** For example {@code TDM-1401}. */
    public String code() {
        return errorCode.code();
    }

    /** What happened, without a full stop. */
    public String happened() {
        return happened;
    }

    /** Why, without a full stop. */
    public String why() {
        return why;
    }

    /** What to do next; a sentence. */
    public String remedy() {
        return remedy;
    }

    /** Which fields of the request are wrong; empty when it is not about fields. */
    public List<FieldError> fieldErrors() {
        return fieldErrors;
    }

    /** Class of an error. */
    public enum Reason {
        /** The thing does not exist (404). */
        NOT_FOUND,
        /** The state of things forbids it now (409). */
        CONFLICT,
        /** The request itself is wrong (400). */
        INVALID,
        /** It existed and does no more (410). */
        GONE,
        /** Another site or hypervisor does not answer (503). */
        UNREACHABLE,
        /** Understood and refused (422). */
        REFUSED,
        /** A defect, or a failure of the data plane (500). */
        INTERNAL
    }
}
