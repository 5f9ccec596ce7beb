package io.tidemark.server;

import io.tidemark.spi.error.ProviderException;
import org.jspecify.annotations.Nullable;

/** A server that could not start; the message says what happened, why, and what to do. Nothing is left open. */
public final class ServerException extends Exception {
    ServerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    static ServerException of(Exception cause) {
        String text =
                switch (cause) {
                    case ProviderException provider ->
                        provider.happened() + ": " + provider.why() + ". " + provider.remedy();
                    default -> String.valueOf(cause.getMessage());
                };
        return new ServerException(text, cause);
    }
}
