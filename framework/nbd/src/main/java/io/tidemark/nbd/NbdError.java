package io.tidemark.nbd;

/** The error numbers of NBD replies. */
public enum NbdError {
    EPERM(1),
    EIO(5),
    ENOMEM(12),
    EINVAL(22),
    ENOSPC(28),
    EOVERFLOW(75),
    ENOTSUP(95),
    ESHUTDOWN(108);

    private final int number;

    NbdError(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    /** The error with that number; {@link #EINVAL} for one the protocol does not define, as it tells clients to read it. */
    static NbdError ofNumber(int number) {
        for (NbdError error : values()) {
            if (error.number == number) {
                return error;
            }
        }
        return EINVAL;
    }
}
