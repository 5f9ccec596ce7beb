package io.tidemark.spi.id;

/**
 * Identity of a checkpoint within its VPG. Ids grow with time: a larger id is a later point.
 *
 * @param value ≥ 1
 */
public record CheckpointId(long value) implements Comparable<CheckpointId> {
    public CheckpointId {
        if (value < 1) {
            throw new IllegalArgumentException("checkpoint ids start at 1, got " + value);
        }
    }

    @Override
    public int compareTo(CheckpointId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
