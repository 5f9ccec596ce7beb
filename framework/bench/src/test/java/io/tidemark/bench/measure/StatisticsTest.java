package io.tidemark.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class StatisticsTest {
    @Test
    void medianIsTheMiddleOne() {
        assertEquals(2, Statistics.of(9, 1, 2).median());
        assertEquals(2.5, Statistics.of(4, 1, 2, 3).median());
        assertEquals(7, Statistics.of(7).median());
    }

    @Test
    void percentilesAreSamples() {
        Samples samples = new Samples();
        for (int i = 5000; i >= 1; i--) {
            samples.add(i);
        }
        Statistics all = samples.statistics();
        assertEquals(4950, all.percentile(0.99));
        assertEquals(5000, all.percentile(1));
        assertEquals(1, all.percentile(0.0001));
        assertEquals(1, all.min());
        assertEquals(5000, all.max());
        assertEquals(8, Statistics.of(8, 3).percentile(0.99));
    }

    @Test
    void nothingHasNoStatistics() {
        assertThrows(IllegalArgumentException.class, Statistics::of);
        assertThrows(IllegalArgumentException.class, () -> Statistics.of(1, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> Statistics.of(1).percentile(99));
    }
}
