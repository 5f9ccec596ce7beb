package io.tidemark.nbd;

import java.io.IOException;

/**
 * An NBD error reply: thrown by an export it chooses what the client is told; thrown by {@link NbdClient} it is what the server said, and
 * the connection is still good.
 */
public final class NbdErrorException extends IOException {
    private final NbdError error;

    public NbdErrorException(NbdError error, String message) {
        super(message);
        this.error = error;
    }

    public NbdError error() {
        return error;
    }
}
