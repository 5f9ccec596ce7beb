package io.tidemark.bench.suite;

import static io.tidemark.bench.suite.Scale.GIB;
import static io.tidemark.bench.suite.Scale.MIB;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class ScaleTest {
    @Test
    void sizesThatDoNotFitAreLeftOut() {
        long[] all = {GIB, 8 * GIB, 32 * GIB};
        assertArrayEquals(all, new Scale(false, 45 * GIB).journalSizes(all));
        assertArrayEquals(new long[] {GIB, 8 * GIB}, new Scale(false, 43 * GIB).journalSizes(all));
        assertArrayEquals(new long[] {GIB}, new Scale(false, 1).journalSizes(all));
        assertArrayEquals(new long[] {64 * MIB, 512 * MIB, 2 * GIB}, new Scale(true, 45 * GIB).journalSizes(all));
    }

    @Test
    void sizesHaveWords() {
        assertEquals("32 GiB", Scale.words(32 * GIB));
        assertEquals("64 MiB", Scale.words(64 * MIB));
    }

    /** What is promised to fit into the default limit does. */
    @Test
    void noBenchmarkTakesMoreThanItsLimitByMuch() {
        Scale usual = new Scale(false, 45 * GIB);
        for (Benchmark benchmark : Suite.all()) {
            assertTrue(benchmark.diskBytes(usual) <= 48 * GIB, benchmark.name());
            assertTrue(benchmark.diskBytes(new Scale(true, 45 * GIB)) <= 8 * GIB, benchmark.name());
        }
    }
}
