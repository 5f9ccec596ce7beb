package io.tidemark.launcher.demo;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The workload: transactions 1, 2, 3, …, each written to the first VM's first disk, then to its second disk, then to the second VM, every
 * step only after the one before was acknowledged.
 *
 * <p>So in every state that a power cut could leave, the ledgers' lengths never grow along the chain and differ by at most one. Runs on
 * one virtual thread; may be paused between transactions.
 */
final class Ledger implements AutoCloseable {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);
    private static final long PAUSE_NANOS = Duration.ofMillis(25).toNanos();

    private final SampleVm database;
    private final SampleVm application;
    private final List<Entry> entries = new ArrayList<>();
    private final ReentrantLock writing = new ReentrantLock(true);
    private @Nullable Thread writer;
    private volatile boolean stopped;
    private volatile @Nullable ProviderException failure;

    Ledger(SampleVm database, SampleVm application) {
        this.database = database;
        this.application = application;
    }

    /** When a transaction's first write was issued and its last one acknowledged. */
    private record Entry(Instant issued, Instant acknowledged) {}

    void start() {
        writer = Thread.ofVirtual().name("ledger").start(this::write);
    }

    private void write() {
        while (!stopped) {
            writing.lock();
            try {
                if (stopped) {
                    return;
                }
                long number = entries() + 1;
                Instant issued = Instant.now();
                database.append(0, number, limit());
                database.append(1, number, limit());
                application.append(0, number, limit());
                add(new Entry(issued, Instant.now()));
            } catch (ProviderException e) {
                failure = e;
                return;
            } finally {
                writing.unlock();
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private synchronized void add(Entry entry) {
        entries.add(entry);
    }

    synchronized long entries() {
        return entries.size();
    }

    private static Deadline limit() {
        return Deadline.after(CALL_LIMIT);
    }

    /** What is done between two transactions. */
    interface Quiet<T> {
        T run() throws Exception;
    }

    /** Does something while no transaction is under way and the guests have written everything out. */
    <T> T whileQuiet(Quiet<T> work) throws Exception {
        writing.lock();
        try {
            database.sync(limit());
            application.sync(limit());
            return work.run();
        } finally {
            writing.unlock();
        }
    }

    /** Ends the workload after the transaction under way. */
    void stop() throws ProviderException {
        stopped = true;
        Thread ending = writer;
        if (ending != null) {
            try {
                ending.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        ProviderException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    /** What ransomware does: the first disk of each VM is overwritten from inside the guest. */
    void scramble() throws ProviderException {
        database.scramble(0, limit());
        application.scramble(0, limit());
    }

    /** What the recovered guests found, and whether it is a state that a power cut at the checkpoint could have left. */
    record Verdict(long database, long application, List<String> objections) {
        boolean sound() {
            return objections.isEmpty();
        }
    }

    /** Asks the recovered guests for their ledgers and compares them with what was acknowledged before, and issued after, the checkpoint. */
    Verdict judge(SampleVm recoveredDatabase, SampleVm recoveredApplication, Instant checkpoint)
            throws ProviderException {
        LedgerReport first = recoveredDatabase.report(0, limit());
        LedgerReport second = recoveredDatabase.report(1, limit());
        LedgerReport third = recoveredApplication.report(0, limit());
        List<String> objections = new ArrayList<>();
        if (!first.intact() || !second.intact() || !third.intact()) {
            objections.add("a ledger is broken: " + first + ", " + second + ", " + third);
        }
        if (first.entries() < second.entries()
                || second.entries() < third.entries()
                || first.entries() > third.entries() + 1) {
            objections.add("an effect is present without its cause: the ledgers end at " + first.entries() + ", "
                    + second.entries() + " and " + third.entries());
        }
        long acknowledgedBefore = countBefore(checkpoint, Entry::acknowledged);
        // The barrier is cut within moments after its time was read.
        long issuedBefore = countBefore(checkpoint.plusMillis(100), Entry::issued);
        if (third.entries() < acknowledgedBefore) {
            objections.add(acknowledgedBefore + " transactions were acknowledged before the checkpoint, "
                    + third.entries() + " were recovered");
        }
        if (first.entries() > issuedBefore + 1) {
            objections.add("transaction " + first.entries() + " was recovered, but only " + issuedBefore
                    + " had begun when the checkpoint was cut");
        }
        return new Verdict(first.entries(), third.entries(), objections);
    }

    private synchronized long countBefore(Instant moment, java.util.function.Function<Entry, Instant> when) {
        return entries.stream()
                .filter(entry -> when.apply(entry).isBefore(moment))
                .count();
    }

    @Override
    public void close() {
        stopped = true;
        database.close();
        application.close();
    }
}
