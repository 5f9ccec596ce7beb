package io.tidemark.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.guest.RandomWriter.Settings;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What both simulated hypervisors rely on; their own tests run the programs on real disks. */
final class GuestProgramsTest {
    private static final int DISK_BYTES = 8 << 20;

    private final MemoryDisk disk = new MemoryDisk(DISK_BYTES);
    private final LedgerProgram program = new LedgerProgram(new Guest() {
        @Override
        public String name() {
            return "tested";
        }

        @Override
        public List<MemoryDisk> disks() {
            return List.of(disk);
        }

        @Override
        public void requirePower() {}
    });

    @Test
    void ledgerIsWholeUntilSomethingIsWrong() throws Exception {
        assertEquals(new LedgerReport(0, true), program.report(0));
        for (int number = 1; number <= 40; number++) {
            program.append(0, number);
        }
        program.sync();
        assertEquals(new LedgerReport(40, true), program.report(0));
        assertEquals(
                FailureKind.REJECTED,
                assertThrows(ProviderException.class, () -> program.append(0, 40))
                        .kind());
        disk.contents[65536 + 20 * LedgerProgram.ENTRY_BYTES + 1000] ^= 1;
        assertEquals(new LedgerReport(20, false), program.report(0));
        program.scramble(0);
        assertEquals(new LedgerReport(0, false), program.report(0));
        disk.cutPower();
        assertEquals(
                FailureKind.RETRY_LATER,
                assertThrows(ProviderException.class, () -> program.report(0)).kind());
    }

    @Test
    void randomWriterLeavesTheLedgerAloneAndEndsWithThePower() throws Exception {
        program.append(0, 1);
        byte[] before = Arrays.copyOf(disk.contents, Math.toIntExact(RandomWriter.areaStart(DISK_BYTES)));
        RandomWriter writer = RandomWriter.start(
                new Settings(Settings.UNPACED, 2, 20, 10, 7),
                List.of(disk),
                Thread.ofPlatform().factory());
        try {
            long limit = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (disk.writes() < 2000) {
                assertTrue(System.nanoTime() < limit, () -> disk.writes() + " writes only");
                LockSupport.parkNanos(1_000_000);
            }
            assertEquals(new LedgerReport(1, true), program.report(0));
            disk.cutPower();
            assertTrue(writer.awaitStopped(Duration.ofSeconds(10)), "a writer without power ends");
        } finally {
            writer.stop();
        }
        assertArrayEquals(before, Arrays.copyOf(disk.contents, before.length));
        assertTrue(writer.latencies().getFirst().summary().count() >= 1900);
    }

    @Test
    void sameSeedWritesTheSame() throws Exception {
        MemoryDisk again = new MemoryDisk(DISK_BYTES);
        for (MemoryDisk each : List.of(disk, again)) {
            RandomWriter writer = RandomWriter.start(
                    new Settings(Settings.UNPACED, 1, 10, 0, 42), List.of(new Ending(each, 500)), Thread::new);
            assertTrue(writer.awaitStopped(Duration.ofSeconds(20)));
        }
        assertFalse(Arrays.equals(new byte[DISK_BYTES], disk.contents));
        assertArrayEquals(disk.contents, again.contents);
    }

    @Test
    void unfitSettingsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Settings(0, 1, 0, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new Settings(1, 65, 0, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new Settings(1, 1, 101, 0, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> RandomWriter.start(new Settings(1, 64, 0, 0, 1), List.of(disk), Thread::new));
    }
}
