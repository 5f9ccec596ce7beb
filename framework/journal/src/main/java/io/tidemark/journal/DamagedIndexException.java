package io.tidemark.journal;

/** A page of an extent index does not match its checksum. Nothing is lost by it: an index only repeats what batch tables say. */
final class DamagedIndexException extends RuntimeException {
    private final transient MappedIndex index;

    DamagedIndexException(MappedIndex index, String what, Throwable cause) {
        super(index + ": " + what, cause);
        this.index = index;
    }

    DamagedIndexException(MappedIndex index, String what) {
        super(index + ": " + what);
        this.index = index;
    }

    MappedIndex index() {
        return index;
    }
}
