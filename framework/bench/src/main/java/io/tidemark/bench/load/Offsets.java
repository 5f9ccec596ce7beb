package io.tidemark.bench.load;

import java.util.Random;
import java.util.function.LongSupplier;

/** Where in a volume the writes of a load go. */
public final class Offsets {
    private Offsets() {}

    /** One behind the other, from the beginning again at the end. */
    public static LongSupplier sequential(long volumeBytes, int stepBytes) {
        long slots = volumeBytes / stepBytes;
        return new LongSupplier() {
            private long slot;

            @Override
            public long getAsLong() {
                long offset = slot * stepBytes;
                slot = (slot + 1) % slots;
                return offset;
            }
        };
    }

    /** Anywhere, at multiples of the step. */
    public static LongSupplier random(long volumeBytes, int stepBytes, long seed) {
        Random random = new Random(seed);
        long slots = volumeBytes / stepBytes;
        return () -> random.nextLong(slots) * stepBytes;
    }
}
