package io.tidemark.spi.tracking;

/**
 * Names the state of one volume at one freeze, so that changes since then can be asked for. The host keeps it beside the replica, over
 * restarts, and never looks inside.
 *
 * @param value not blank
 */
public record ChangeToken(String value) {
    public ChangeToken {
        if (value.isBlank()) {
            throw new IllegalArgumentException("a change token must not be blank");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
