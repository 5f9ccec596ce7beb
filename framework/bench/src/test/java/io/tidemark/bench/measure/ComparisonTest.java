package io.tidemark.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ComparisonTest {
    private static Metric measured(Bar bar, double[] own, double[] others) {
        Comparison comparison = Comparison.with("peer", "rate", "1/s", bar);
        comparison.tidemark(new Round(0), 1e9);
        comparison.peer(new Round(0), 1);
        for (int i = 0; i < own.length; i++) {
            comparison.tidemark(new Round(i + 1), own[i]);
            comparison.peer(new Round(i + 1), others[i]);
        }
        return comparison.result();
    }

    /** A neighbour halves both sides in the second round: the medians move, the ratio does not. */
    @Test
    void ratiosAreTakenWithinRoundsAndWarmUpIsDropped() {
        Metric metric = measured(Bar.ratioAtLeast(2), new double[] {20, 10, 22}, new double[] {10, 5, 10});
        assertEquals(20, metric.tidemark());
        assertEquals(10, metric.peer());
        assertEquals(2, metric.ratio());
        assertEquals(new Metric.Spread(2, 2.2), metric.spread());
        assertEquals(true, metric.met());
    }

    @Test
    void barsAreJudged() {
        double[] own = {3};
        double[] others = {2};
        assertEquals(false, measured(Bar.ratioAtLeast(1.6), own, others).met());
        assertEquals(true, measured(Bar.ratioAtMost(1.6), own, others).met());
        assertEquals(false, measured(Bar.ratioAtMost(1.4), own, others).met());
        assertEquals(true, measured(Bar.valueAtMost(3), own, others).met());
        assertEquals(false, measured(Bar.valueAtMost(2.9), own, others).met());
        assertNull(measured(Bar.NONE, own, others).met());
    }

    @Test
    void halfAMeasurementIsNone() {
        Comparison comparison = Comparison.with("peer", "rate", "1/s", Bar.NONE);
        assertThrows(IllegalStateException.class, comparison::result);
        comparison.tidemark(new Round(1), 1);
        assertThrows(IllegalStateException.class, comparison::result);
        assertThrows(IllegalArgumentException.class, () -> Comparison.alone("rate", "1/s", Bar.ratioAtLeast(1)));
    }

    @Test
    void jsonHasEveryFieldAndNullForWhatThereIsNot() throws Exception {
        Comparison alone = Comparison.alone("memory", "MiB", Bar.valueAtMost(16));
        alone.tidemark(new Round(1), 17);
        Metric rate = measured(Bar.ratioAtLeast(0.8), new double[] {9}, new double[] {10});
        Outcome outcome = new Outcome("some", List.of("a note"), List.of(rate, alone.result()));
        JsonNode json = new ObjectMapper().readTree(OutcomeJson.of(outcome));
        assertEquals("some", json.path("name").asText());
        JsonNode first = json.path("metrics").path(0);
        assertEquals("rate", first.path("name").asText());
        assertEquals("1/s", first.path("unit").asText());
        assertEquals(9, first.path("tidemark").asDouble());
        assertEquals(10, first.path("peer").asDouble());
        assertEquals("peer", first.path("peerName").asText());
        assertEquals(0.9, first.path("ratio").asDouble());
        assertEquals(2, first.path("spread").size());
        assertEquals("ratio >= 0.8", first.path("bar").asText());
        assertTrue(first.path("met").asBoolean());
        JsonNode second = json.path("metrics").path(1);
        for (String absent : List.of("peer", "peerName", "ratio")) {
            assertTrue(second.has(absent) && second.path(absent).isNull(), absent);
        }
        assertEquals("value <= 16", second.path("bar").asText());
        assertEquals(1, outcome.missedBars());
        assertTrue(OutcomeTable.of(outcome).contains("One bar is MISSED."));
    }

    @Test
    void numbersShowThreeDigitsThatCount() {
        assertEquals("12,346", OutcomeTable.number(12345.6));
        assertEquals("12.3", OutcomeTable.number(12.34));
        assertEquals("1.23", OutcomeTable.number(1.234));
        assertEquals("0.012", OutcomeTable.number(0.0123));
        assertEquals("–", OutcomeTable.number(null));
    }
}
