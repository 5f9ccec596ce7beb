package io.tidemark.spi.objects;

import java.time.Instant;

/**
 * A promise of the store that an object stays as it is.
 *
 * @param until the object can be neither replaced nor deleted before; stores keep whole seconds
 */
public record ObjectLock(Mode mode, Instant until) {
    /** Who may break the promise. */
    public enum Mode {
        /** Nobody, not even the owner of the store; it can only be made longer. */
        COMPLIANCE,
        /** Somebody with a special permission, which Tidemark never uses. */
        GOVERNANCE
    }
}
