package io.tidemark.journal.batch;

import java.util.Optional;

/** What one record of a batch says. */
public enum RecordType {
    /** Bytes were written; the record has a payload. */
    WRITE(1),
    /** The range reads as zeroes because the guest wrote zeroes. */
    ZERO(2),
    /** The range reads as zeroes because the guest discarded it. */
    TRIM(3),
    /** Marker: from here on the contents are no point in the VM's history, until {@link #SYNC_END}. */
    SYNC_BEGIN(4),
    /** Marker: the contents are again those that the VM had at this point. */
    SYNC_END(5);

    private final int code;

    RecordType(int code) {
        this.code = code;
    }

    /** The byte that stands for this type in a batch. */
    int code() {
        return code;
    }

    /** Whether this is a marker of the whole VM rather than a change of a volume. */
    public boolean isMarker() {
        return this == SYNC_BEGIN || this == SYNC_END;
    }

    /** Whether the range reads as zeroes afterwards. */
    public boolean isZeroing() {
        return this == ZERO || this == TRIM;
    }

    static Optional<RecordType> ofCode(int code) {
        for (RecordType type : values()) {
            if (type.code == code) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
