package io.tidemark.target.aws.peers;

import java.util.Optional;

/** An error answer of the fake, in the form of the real service. */
final class EbsRefusal extends Exception {
    private final int status;
    private final String type;
    private final Optional<Integer> retryAfterSeconds;

    EbsRefusal(int status, String type, String message) {
        this(status, type, message, Optional.empty());
    }

    EbsRefusal(int status, String type, String message, Optional<Integer> retryAfterSeconds) {
        super(message);
        this.status = status;
        this.type = type;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    static EbsRefusal invalid(String message) {
        return new EbsRefusal(400, "ValidationException", message);
    }

    static EbsRefusal notFound(String id) {
        return new EbsRefusal(404, "ResourceNotFoundException", "The snapshot '" + id + "' does not exist.");
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    Optional<Integer> retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
