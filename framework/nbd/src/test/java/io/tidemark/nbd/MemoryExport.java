package io.tidemark.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Bytes in memory that know which pages were never written or were zeroed; failures and abilities are settable. */
class MemoryExport implements NbdExport {
    static final int PAGE_BYTES = 4096;

    final AtomicInteger flushes = new AtomicInteger();
    final AtomicInteger trims = new AtomicInteger();
    final AtomicInteger writes = new AtomicInteger();
    private final byte[] bytes;
    private final BitSet allocated = new BitSet();
    private volatile boolean readOnly;
    private volatile Set<NbdAbility> abilities = NbdAbility.ALL_BUT_FAST_ZERO;
    private volatile @Nullable Exception failure;

    MemoryExport(int sizeBytes) {
        bytes = new byte[sizeBytes];
    }

    MemoryExport readOnlyNow() {
        readOnly = true;
        return this;
    }

    MemoryExport without(NbdAbility... missing) {
        Set<NbdAbility> left = EnumSet.copyOf(abilities);
        left.removeAll(Arrays.asList(missing));
        abilities = left;
        return this;
    }

    MemoryExport with(NbdAbility more) {
        Set<NbdAbility> all = EnumSet.copyOf(abilities);
        all.add(more);
        abilities = all;
        return this;
    }

    void failWith(@Nullable Exception next) {
        failure = next;
    }

    synchronized byte[] contents() {
        return bytes.clone();
    }

    synchronized void fill(long offset, byte[] data) {
        System.arraycopy(data, 0, bytes, (int) offset, data.length);
        allocated.set((int) (offset / PAGE_BYTES), (int) ((offset + data.length + PAGE_BYTES - 1) / PAGE_BYTES));
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public Set<NbdAbility> abilities() {
        return abilities;
    }

    @Override
    public String description() {
        return "memory of " + bytes.length + " bytes";
    }

    @Override
    public synchronized void read(long offset, ByteBuffer into) throws IOException {
        failIfAsked();
        into.put(bytes, (int) offset, into.remaining());
    }

    @Override
    public synchronized void write(long offset, ByteBuffer data) throws IOException {
        failIfAsked();
        writes.incrementAndGet();
        byte[] copy = new byte[data.remaining()];
        data.get(copy);
        fill(offset, copy);
    }

    @Override
    public synchronized void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) throws IOException {
        failIfAsked();
        int end = (int) (offset + lengthBytes);
        Arrays.fill(bytes, (int) offset, end, (byte) 0);
        if (mode == NbdZeroMode.MAY_TRIM) {
            int first = ((int) offset + PAGE_BYTES - 1) / PAGE_BYTES;
            int last = end / PAGE_BYTES;
            if (last > first) {
                allocated.clear(first, last);
            }
        } else {
            allocated.set((int) offset / PAGE_BYTES, (end + PAGE_BYTES - 1) / PAGE_BYTES);
        }
    }

    @Override
    public void trim(long offset, long lengthBytes) throws IOException {
        trims.incrementAndGet();
        writeZeroes(offset, lengthBytes, NbdZeroMode.MAY_TRIM);
    }

    @Override
    public void flush() throws IOException {
        failIfAsked();
        flushes.incrementAndGet();
    }

    @Override
    public synchronized List<NbdExtent> extents(long offset, long lengthBytes) throws IOException {
        failIfAsked();
        List<NbdExtent> extents = new ArrayList<>();
        long at = offset;
        while (at < offset + lengthBytes) {
            int page = (int) (at / PAGE_BYTES);
            boolean data = allocated.get(page);
            int change = data ? allocated.nextClearBit(page) : allocated.nextSetBit(page);
            long end = change < 0 ? offset + lengthBytes : (long) change * PAGE_BYTES;
            extents.add(new NbdExtent(at, end - at, data ? NbdExtent.Content.DATA : NbdExtent.Content.ZERO_HOLE));
            at = end;
        }
        return extents;
    }

    private void failIfAsked() throws IOException {
        switch (failure) {
            case null -> {}
            case IOException io -> throw io;
            case RuntimeException defect -> throw defect;
            case Exception other -> throw new IllegalStateException(other);
        }
    }
}
