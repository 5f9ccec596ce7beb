package io.tidemark.transport.tcp;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Locale;

/** Payload of a REFUSE frame: a failure in the peer's own words. */
final class Refusal {
    private static final int MAX_CHARACTERS = 4000;

    private Refusal() {}

    static ByteBuffer encode(ProviderException failure) {
        ByteBuffer buffer = ByteBuffer.allocate(FrameType.REFUSE.maxPayloadBytes());
        Hello.Text.put(buffer, failure.kind().name().toLowerCase(Locale.ROOT));
        Hello.Text.put(buffer, shortened(failure.happened()));
        Hello.Text.put(buffer, shortened(failure.why()));
        Hello.Text.put(buffer, shortened(failure.remedy()));
        return buffer.flip();
    }

    private static String shortened(String text) {
        return text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS);
    }

    static ProviderException decode(ByteBuffer payload) throws MalformedFrameException {
        ByteBuffer in = payload.duplicate();
        try {
            FailureKind kind = kind(Hello.Text.get(in));
            return new ProviderException(kind, Hello.Text.get(in), Hello.Text.get(in), Hello.Text.get(in));
        } catch (BufferUnderflowException e) {
            MalformedFrameException malformed = new MalformedFrameException("a REFUSE frame ends in the middle");
            malformed.initCause(e);
            throw malformed;
        }
    }

    private static FailureKind kind(String name) {
        for (FailureKind kind : FailureKind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
                return kind;
            }
        }
        // A kind of a later version: refused is what we know for sure.
        return FailureKind.REJECTED;
    }
}
