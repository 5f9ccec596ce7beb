package io.tidemark.journal.batch;

import java.util.Optional;

/** What one record of a batch says. */
public enum RecordType {
    /** Bytes were written; the record has a payload. */
    WRITE(RecordType.WRITE_CODE),
    /** The range reads as zeroes because the guest wrote zeroes. */
    ZERO(RecordType.ZERO_CODE),
    /** The range reads as zeroes because the guest discarded it. */
    TRIM(RecordType.TRIM_CODE),
    /** Marker: from here on the contents are no point in the VM's history, until {@link #SYNC_END}. */
    SYNC_BEGIN(RecordType.SYNC_BEGIN_CODE),
    /** Marker: the contents are again those that the VM had at this point. */
    SYNC_END(RecordType.SYNC_END_CODE);

    /** The byte that stands for {@link #WRITE} in files; the others alike. */
    public static final int WRITE_CODE = 1;

    public static final int ZERO_CODE = 2;
    public static final int TRIM_CODE = 3;
    public static final int SYNC_BEGIN_CODE = 4;
    public static final int SYNC_END_CODE = 5;

    private final int code;

    RecordType(int code) {
        this.code = code;
    }

    /** The byte that stands for this type in a batch. */
    public int code() {
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

    public static Optional<RecordType> ofCode(int code) {
        for (RecordType type : values()) {
            if (type.code == code) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
