package io.tidemark.control.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * Owns the SQLite file that a site's control plane lives in.
 *
 * <p>WAL with {@code synchronous=FULL}: a transaction that returned survives a power cut. One connection behind one lock, because SQLite
 * has one writer anyway and every statement of the control plane is short. Safe for use by several threads.
 */
public final class Catalog implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final Handle handle;

    /**
     * Opens the file, makes it when there is none, and brings its tables up to date.
     *
     * @throws UncheckedIOException when its folder cannot be made
     */
    public Catalog(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new UncheckedIOException("the folder of the catalog " + file + " cannot be made", e);
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        config.setBusyTimeout(5_000);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
        Flyway.configure(Catalog.class.getClassLoader())
                .dataSource(source)
                .loggers("slf4j")
                .locations("classpath:db/migration")
                .load()
                .migrate();
        this.handle = Jdbi.create(source).open();
    }

    /** Runs statements that belong together in one transaction; durable on return, undone when the work throws. */
    public <T, X extends Exception> T inTransaction(HandleCallback<T, X> work) throws X {
        lock.lock();
        try {
            return handle.inTransaction(work);
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #inTransaction}, without a result. */
    public <X extends Exception> void useTransaction(HandleConsumer<X> work) throws X {
        lock.lock();
        try {
            handle.useTransaction(work);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the transaction that runs, and lets go of the file. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            handle.close();
        } finally {
            lock.unlock();
        }
    }
}
