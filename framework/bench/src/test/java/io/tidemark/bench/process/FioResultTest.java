package io.tidemark.bench.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class FioResultTest {
    private static final String REPORT = """
            note: both iodepth >= 1 and synchronous I/O engine are selected
            {"jobs": [{"error": 0,
              "read": {"iops": 12.5},
              "write": {"bw_bytes": 4096000, "iops": 1000.0, "clat_ns": {"percentile": {"99.000000": 250000}}},
              "sync": {"lat_ns": {"percentile": {"50.000000": 100000, "99.000000": 900000}}}}]}
            """;

    @Test
    void figuresAreFoundAndConverted() throws Exception {
        FioResult result = FioResult.parse(REPORT);
        assertEquals(4_096_000, result.writtenBytesPerSecond());
        assertEquals(1000, result.writesPerSecond());
        assertEquals(12.5, result.readsPerSecond());
        assertEquals(250, result.writeMicros(0.99));
        assertEquals(900, result.syncMicros(0.99));
        assertEquals(100, result.syncMicros(0.5));
    }

    @Test
    void whatIsNotThereIsAnError() throws Exception {
        FioResult result = FioResult.parse(REPORT);
        assertThrows(IOException.class, () -> result.writeMicros(0.5));
        assertThrows(IOException.class, () -> FioResult.parse("fio: no such engine"));
        assertThrows(IOException.class, () -> FioResult.parse("{\"jobs\": [{\"error\": 5}]}"));
        assertThrows(IOException.class, () -> FioResult.parse("{}"));
    }
}
