package io.tidemark.journal;

import io.tidemark.journal.JournalRefusedException.Reason;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;

/** Takes the lock that keeps a journal from being open twice. */
final class JournalLock {
    private JournalLock() {}

    /** What is done under the journal's lock, which stays held where it succeeds. */
    interface Locked<T> {
        T run(StoreFiles.StoreLock lock) throws IOException;
    }

    static <T> T holding(StoreFiles files, JournalLayout layout, Locked<T> action) throws IOException {
        StoreFiles.StoreLock lock;
        try {
            lock = files.lock(layout.lock());
        } catch (StoreFiles.LockedException e) {
            throw new JournalRefusedException(
                    Reason.IN_USE,
                    "journal " + layout.folder() + " is open already, here or in another process. Close it there first",
                    e);
        }
        try {
            return action.run(lock);
        } catch (IOException | RuntimeException e) {
            try {
                lock.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }
}
