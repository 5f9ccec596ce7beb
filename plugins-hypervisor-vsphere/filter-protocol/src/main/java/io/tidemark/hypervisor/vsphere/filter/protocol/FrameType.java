package io.tidemark.hypervisor.vsphere.filter.protocol;

import java.util.Arrays;
import java.util.Optional;

/** Kinds of frames and what they may carry. */
enum FrameType {
    HELLO(1, Limits.SMALL),
    CHALLENGE(2, Limits.SMALL),
    PROOF(3, Limits.SMALL),
    WELCOME(4, Limits.SMALL),
    REFUSE(5, Limits.SMALL),
    PING(6, 0),
    BYE(7, 0),
    LIST_DISKS(16, Limits.SMALL),
    ATTACH(17, Limits.SMALL),
    RESUME(18, Limits.SMALL),
    DETACH(19, Limits.SMALL),
    READ(20, Limits.SMALL),
    EXTENTS(21, Limits.SMALL),
    STATUS(22, Limits.SMALL),
    DISKS(32, Limits.LARGE),
    ATTACHED(33, Limits.SMALL),
    STATE(34, Limits.SMALL),
    DETACHED(35, Limits.SMALL),
    DATA(36, Limits.LARGE),
    EXTENT_LIST(37, Limits.LARGE),
    FAILED(38, Limits.SMALL),
    WRITE(48, Limits.LARGE),
    ZERO(49, Limits.SMALL),
    FLUSH(50, Limits.SMALL),
    EVENT(51, Limits.SMALL),
    GAP(52, Limits.SMALL),
    COMPLETE(64, Limits.LARGE);

    private static final FrameType[] BY_CODE = new FrameType[128];

    static {
        Arrays.stream(values()).forEach(type -> BY_CODE[type.code] = type);
    }

    final byte code;
    final int maxPayloadBytes;

    FrameType(int code, int maxPayloadBytes) {
        this.code = (byte) code;
        this.maxPayloadBytes = maxPayloadBytes;
    }

    static Optional<FrameType> of(byte code) {
        return code < 0 ? Optional.empty() : Optional.ofNullable(BY_CODE[code]);
    }

    /** How long payloads may be. */
    static final class Limits {
        static final int SMALL = 8192;
        static final int LARGE = (1 << 20) + 64;

        private Limits() {}
    }
}
