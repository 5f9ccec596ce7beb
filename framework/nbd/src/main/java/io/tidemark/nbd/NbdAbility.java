package io.tidemark.nbd;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What an export offers beyond reading and writing; a client may use only what is advertised. */
public enum NbdAbility {
    /** {@code FLUSH}. */
    FLUSH(NbdProtocol.FLAG_SEND_FLUSH),
    /** The flag {@code FUA}: a write that is durable when acknowledged. The server does it as a write and a flush. */
    FUA(NbdProtocol.FLAG_SEND_FUA),
    /** {@code TRIM}. */
    TRIM(NbdProtocol.FLAG_SEND_TRIM),
    /** {@code WRITE_ZEROES}. */
    WRITE_ZEROES(NbdProtocol.FLAG_SEND_WRITE_ZEROES),
    /** Zeroing is always faster than writing as many zero bytes; goes with {@link #WRITE_ZEROES}. */
    FAST_ZERO(NbdProtocol.FLAG_SEND_FAST_ZERO),
    /** A flush on one connection covers the writes acknowledged on all, so a client may use several at once. */
    MULTI_CONN(NbdProtocol.FLAG_CAN_MULTI_CONN),
    /** {@code BLOCK_STATUS} with the context {@code base:allocation}. */
    BLOCK_STATUS(0);

    /** Everything except {@link #FAST_ZERO}, which few stores can promise. */
    public static final Set<NbdAbility> ALL_BUT_FAST_ZERO =
            Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(FAST_ZERO)));

    private final int transmissionFlag;

    NbdAbility(int transmissionFlag) {
        this.transmissionFlag = transmissionFlag;
    }

    /** The bit of the transmission flags, or 0 where it is negotiated otherwise. */
    int transmissionFlag() {
        return transmissionFlag;
    }
}
