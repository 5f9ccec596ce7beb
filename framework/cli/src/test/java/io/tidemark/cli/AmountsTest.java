package io.tidemark.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AmountsTest {
    @Test
    void sizesAreReadAsPeopleWriteThem() {
        assertEquals(53_687_091_200L, Amounts.bytes("--x", "50GiB"));
        assertEquals(53_687_091_200L, Amounts.bytes("--x", "50 G"));
        assertEquals(53_687_091_200L, Amounts.bytes("--x", "50gb"));
        assertEquals(1024, Amounts.bytes("--x", "1k"));
        assertEquals(67_108_864, Amounts.bytes("--x", "67108864"));
        for (String wrong : List.of("", "fifty", "-1", "1.5G", "5X", "999999999999P")) {
            IllegalArgumentException refusal =
                    assertThrows(IllegalArgumentException.class, () -> Amounts.bytes("--limit", wrong), wrong);
            assertTrue(String.valueOf(refusal.getMessage()).startsWith("--limit"), refusal::toString);
        }
    }

    @Test
    void timesNeedAUnit() {
        assertEquals(Duration.ofSeconds(90), Amounts.duration("--x", "90s"));
        assertEquals(Duration.ofMinutes(15), Amounts.duration("--x", "15m"));
        assertEquals(Duration.ofDays(1), Amounts.duration("--x", "24h"));
        assertEquals(Duration.ofDays(7), Amounts.duration("--x", "7D"));
        for (String wrong : List.of("", "90", "s", "1.5h", "1w")) {
            assertThrows(IllegalArgumentException.class, () -> Amounts.duration("--x", wrong), wrong);
        }
    }
}
