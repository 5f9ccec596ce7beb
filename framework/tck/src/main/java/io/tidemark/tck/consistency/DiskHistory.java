package io.tidemark.tck.consistency;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A disk's first contents and every write since, in order, each with the moments between which it happened. Safe for use by several
 * threads; writes of one disk are serial.
 */
public final class DiskHistory {
    /** The moment of an acknowledgement that never came: the write may have happened or not. */
    static final long NEVER = Long.MAX_VALUE;

    private final String name;
    private final byte[] first;
    private final AtomicLong moments;
    private final List<Write> writes = new ArrayList<>();

    /** @param moments a clock shared by all disks whose writes may depend on each other */
    public DiskHistory(String name, byte[] first, AtomicLong moments) {
        this.name = name;
        this.first = first.clone();
        this.moments = moments;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Write(int offset, byte[] data, long issued, long acknowledged) {}

    /** What happens between the issue and the acknowledgement of a write. */
    public interface Body {
        void run();
    }

    /** Records one write around whatever makes it. */
    public synchronized void record(long offset, ByteBuffer data, Body body) {
        byte[] bytes = new byte[data.remaining()];
        data.duplicate().get(bytes);
        long issued = moments.incrementAndGet();
        body.run();
        add(new Write(Math.toIntExact(offset), bytes, issued, moments.incrementAndGet()));
    }

    synchronized void add(Write write) {
        writes.add(write);
    }

    public String name() {
        return name;
    }

    byte[] firstContents() {
        return first.clone();
    }

    synchronized List<Write> writes() {
        return List.copyOf(writes);
    }

    /** How many writes it knows. */
    public synchronized int size() {
        return writes.size();
    }

    /** Contents after all writes so far. */
    public synchronized byte[] contents() {
        byte[] now = first.clone();
        for (Write write : writes) {
            System.arraycopy(write.data(), 0, now, write.offset(), write.data().length);
        }
        return now;
    }
}
