package io.tidemark.control.peer;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import java.util.List;
import java.util.Optional;

/**
 * The answer of a peer: a result or a refusal. A refusal travels as a whole, so that a person at this site reads the words of the other.
 *
 * @param result JSON text
 */
record PeerMessage(Optional<String> result, Optional<Refusal> refusal) {

    static PeerMessage of(ControlException exception) {
        return new PeerMessage(
                Optional.empty(),
                Optional.of(new Refusal(
                        exception.errorCode(),
                        exception.happened(),
                        exception.why(),
                        exception.remedy(),
                        exception.fieldErrors())));
    }

    /** Why the peer refuses. */
    record Refusal(ErrorCode code, String happened, String why, String remedy, List<FieldError> fieldErrors) {
        ControlException toException() {
            return new ControlException(code, happened, why, remedy, fieldErrors, null);
        }
    }
}
