package io.tidemark.nbd;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The request that a connection is working on; one object is reused for all of them. */
final class NbdRequest {
    private int flags;
    private int type;
    private long cookie;
    private long offset;
    private long lengthBytes;

    /** Takes the next 28 bytes. */
    void decode(ByteBuffer in) throws NbdProtocolException {
        int magic = in.getInt();
        if (magic != NbdProtocol.REQUEST_MAGIC) {
            throw new NbdProtocolException("request with wrong magic 0x" + Integer.toHexString(magic));
        }
        flags = Short.toUnsignedInt(in.getShort());
        type = Short.toUnsignedInt(in.getShort());
        cookie = in.getLong();
        offset = in.getLong();
        lengthBytes = Integer.toUnsignedLong(in.getInt());
    }

    int type() {
        return type;
    }

    long cookie() {
        return cookie;
    }

    long offset() {
        return offset;
    }

    long lengthBytes() {
        return lengthBytes;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** The error that the request gets before the export hears of it, or null. */
    @Nullable NbdError refusal(NbdSession session) {
        return switch (type) {
            case NbdProtocol.CMD_READ ->
                firstOf(flagRefusal(session, 0), rangeRefusal(session, NbdError.EINVAL), sizeRefusal());
            case NbdProtocol.CMD_WRITE ->
                firstOf(changeRefusal(session), flagRefusal(session, 0), rangeRefusal(session, NbdError.ENOSPC));
            case NbdProtocol.CMD_FLUSH -> firstOf(ability(session, NbdAbility.FLUSH), flagRefusal(session, 0), null);
            case NbdProtocol.CMD_TRIM ->
                firstOf(
                        changeRefusal(session),
                        firstOf(ability(session, NbdAbility.TRIM), flagRefusal(session, 0), null),
                        rangeRefusal(session, NbdError.EINVAL));
            case NbdProtocol.CMD_WRITE_ZEROES ->
                firstOf(
                        changeRefusal(session),
                        firstOf(ability(session, NbdAbility.WRITE_ZEROES), zeroFlagRefusal(session), null),
                        rangeRefusal(session, NbdError.ENOSPC));
            case NbdProtocol.CMD_BLOCK_STATUS ->
                firstOf(
                        session.blockStatus() && lengthBytes > 0 ? null : NbdError.EINVAL,
                        flagRefusal(session, NbdProtocol.CMD_FLAG_REQ_ONE),
                        rangeRefusal(session, NbdError.EINVAL));
            default -> NbdError.EINVAL;
        };
    }

    private static @Nullable NbdError firstOf(@Nullable NbdError a, @Nullable NbdError b, @Nullable NbdError c) {
        return a != null ? a : b != null ? b : c;
    }

    private static @Nullable NbdError changeRefusal(NbdSession session) {
        return session.readOnly() ? NbdError.EPERM : null;
    }

    private static @Nullable NbdError ability(NbdSession session, NbdAbility ability) {
        return session.can(ability) ? null : NbdError.EINVAL;
    }

    private @Nullable NbdError zeroFlagRefusal(NbdSession session) {
        if (has(NbdProtocol.CMD_FLAG_FAST_ZERO) && !session.can(NbdAbility.FAST_ZERO)) {
            return NbdError.ENOTSUP;
        }
        return flagRefusal(session, NbdProtocol.CMD_FLAG_NO_HOLE | NbdProtocol.CMD_FLAG_FAST_ZERO);
    }

    /** FUA is valid on every command once it is advertised. */
    private @Nullable NbdError flagRefusal(NbdSession session, int allowed) {
        int valid = allowed | (session.can(NbdAbility.FUA) ? NbdProtocol.CMD_FLAG_FUA : 0);
        return (flags & ~valid) == 0 ? null : NbdError.EINVAL;
    }

    /** Offsets are unsigned 64 bits: from 2^63 on they are negative here, and beyond every export. */
    private @Nullable NbdError rangeRefusal(NbdSession session, NbdError error) {
        return offset >= 0 && offset <= session.sizeBytes() && lengthBytes <= session.sizeBytes() - offset
                ? null
                : error;
    }

    private @Nullable NbdError sizeRefusal() {
        return lengthBytes <= NbdProtocol.MAXIMUM_PAYLOAD_BYTES ? null : NbdError.EOVERFLOW;
    }
}
