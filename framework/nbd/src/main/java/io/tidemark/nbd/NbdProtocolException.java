package io.tidemark.nbd;

import java.io.IOException;

/** The other side broke the protocol so that the connection can't go on; the message is the reason that gets logged. */
final class NbdProtocolException extends IOException {
    NbdProtocolException(String message) {
        super(message);
    }
}
