package io.tidemark.transport.tcp;

import java.io.IOException;

/** The peer sent bytes that are no frame of the protocol; the message says what is wrong with them. */
final class MalformedFrameException extends IOException {
    MalformedFrameException(String message) {
        super(message);
    }
}
