package io.tidemark.journal;

/** An extent index cannot be used: a page does not match its checksum, or its file is gone. Nothing is lost by it: batch tables say the same. */
final class DamagedIndexException extends RuntimeException {
    private final transient MappedIndex.Owner owner;

    DamagedIndexException(MappedIndex.Owner owner, String what, Throwable cause) {
        super(what, cause);
        this.owner = owner;
    }

    DamagedIndexException(MappedIndex.Owner owner, String what) {
        super(what);
        this.owner = owner;
    }

    /** Tells the owner, which will not use it again; who met the damage goes on without it. */
    void report() {
        owner.indexDamaged(this);
    }
}
