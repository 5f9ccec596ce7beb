package io.tidemark.journal;

/** The journal is well, and refuses what was asked; nothing was changed. */
public final class JournalRefusedException extends JournalException {
    /** Why. */
    public enum Reason {
        /** The bytes are no intact batch. */
        CORRUPT_BATCH,
        /** The batch starts beyond the end of the journal: batches before it are missing. */
        GAP,
        /** The batch starts before the end of the journal and ends beyond it. */
        PARTIAL_OVERLAP,
        /** The batch, or the epoch to raise to, is of an older epoch (J7). */
        OLD_EPOCH,
        /** A record does not fit this journal's volumes. */
        BAD_RECORD,
        /** The checkpoint lies beyond the durable position (J5). */
        NOT_DURABLE,
        /** The checkpoint lies inside a sync (J6). */
        INCONSISTENT,
        /** The checkpoint's id or position does not grow. */
        NOT_GROWING,
        /** No such checkpoint, or no longer. */
        NO_SUCH_CHECKPOINT,
        /** What the checkpoint needs is damaged: it could not be shown as it was. */
        DAMAGED,
        /** There is a journal in the folder already. */
        EXISTS,
        /** There is no journal in the folder, or another one than was named. */
        NOT_THIS_JOURNAL,
        /** Another process, or another object of this one, has the journal open. */
        IN_USE,
        /** The scratch file belongs to another view. */
        NOT_THIS_VIEW
    }

    private final Reason reason;

    JournalRefusedException(Reason reason, String message) {
        super(message, null);
        this.reason = reason;
    }

    JournalRefusedException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
