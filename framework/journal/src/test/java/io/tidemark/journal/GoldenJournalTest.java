package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Journals in each version of the format that were written once and committed: they must read the same forever. To commit one of a new version run this
 * class with {@code -Dtidemark.golden=FOLDER}, which writes it there.
 */
final class GoldenJournalTest {
    private static final Path GOLDEN = Path.of("src/test/resources");
    private static final JournalConfig CONFIG = JournalConfig.defaults().withSegmentBytes(64 * 1024);
    private static final JournalSpec SPEC = new JournalSpec(
            new JournalId(new VpgId(new UUID(0x0102030405060708L, 0x1112131415161718L)), new VmId("vm-gölden")),
            List.of(new JournalVolume(new VolumeId("vm/a"), 132_096), new JournalVolume(new VolumeId("vm/b"), 20_480)));
    private static final Instant START = Instant.parse("2026-02-03T04:05:06.789Z");

    /** Bytes that any language can make again: a simple generator, seeded by the round. */
    private static ByteBuffer data(int round, int length) {
        byte[] bytes = new byte[length];
        int state = round * 7919 + 1;
        for (int i = 0; i < length; i++) {
            state = state * 1_103_515_245 + 12_345;
            bytes[i] = (byte) (state >>> 16);
        }
        return ByteBuffer.wrap(bytes);
    }

    private static void write(Path folder) throws IOException {
        try (Journal journal = Journal.create(folder, SPEC, CONFIG, new FileStoreFiles())) {
            BatchBuilder builder = new BatchBuilder(64 * 1024);
            builder.addMarker(RecordType.SYNC_BEGIN);
            builder.add(0, 0, data(0, 40_000));
            builder.add(1, 4096, ByteBuffer.allocate(8192));
            builder.addMarker(RecordType.SYNC_END);
            long position = journal.append(builder.build(0, 1));
            for (int round = 1; round <= 4; round++) {
                builder.add(0, round * 20_000L, data(round, 30_000));
                builder.add(1, round * 512L, data(round, 700));
                builder.addZero(RecordType.TRIM, 0, round * 4096L, 6_000);
                builder.addZero(RecordType.ZERO, 1, 16_384, 512);
                position = journal.append(builder.build(position, round));
                journal.sync();
                journal.addCheckpoint(new CheckpointRecord(
                        new CheckpointId(round * 10L),
                        position - round % 2,
                        START.plusSeconds(round),
                        round == 3 ? CheckpointRecord.Kind.TAGGED : CheckpointRecord.Kind.AUTOMATIC,
                        round == 3 ? "vor dem Ümbau" : "",
                        Pinning.UNPINNED));
            }
            journal.setPinning(new CheckpointId(30), Pinning.PINNED);
            journal.age(START.plusSeconds(2));
        }
    }

    /** What a volume holds at a checkpoint, by the definition above. */
    private static byte[] expected(int volume, int rounds) {
        byte[] a = new byte[132_096];
        byte[] b = new byte[20_480];
        data(0, 40_000).get(0, a, 0, 40_000);
        for (int round = 1; round <= rounds; round++) {
            data(round, 30_000).get(0, a, round * 20_000, 30_000);
            data(round, 700).get(0, b, round * 512, 700);
            Arrays.fill(a, round * 4096, round * 4096 + 6_000, (byte) 0);
            if (round < rounds || round % 2 == 0) {
                Arrays.fill(b, 16_384, 16_384 + 512, (byte) 0);
            }
        }
        return volume == 0 ? a : b;
    }

    private static void read(Path folder) throws IOException {
        try (Journal journal = Journal.open(folder, CONFIG, new FileStoreFiles())) {
            assertEquals(SPEC, journal.spec());
            assertEquals(4, journal.epoch());
            assertEquals(20, journal.durablePosition());
            List<Long> ids =
                    journal.checkpoints().stream().map(c -> c.id().value()).toList();
            assertEquals(List.of(20L, 30L, 40L), ids);
            CheckpointRecord tagged = journal.checkpoint(new CheckpointId(30)).orElseThrow();
            assertEquals("vor dem Ümbau", tagged.tag());
            assertEquals(Pinning.PINNED, tagged.pinning());
            assertEquals(START.plusSeconds(3), tagged.time());
            assertTrue(journal.statistics().floorPosition() > 0, "something was folded");
            for (int round = 2; round <= 4; round++) {
                for (int volume = 0; volume < 2; volume++) {
                    VolumeId id = SPEC.volumes().get(volume).id();
                    try (VolumeView view = journal.openView(id, new CheckpointId(round * 10L))) {
                        ByteBuffer actual = ByteBuffer.allocate((int) view.sizeBytes());
                        view.read(0, actual);
                        int at = Arrays.mismatch(expected(volume, round), actual.array());
                        assertEquals(-1, at, "volume " + volume + " at checkpoint " + round);
                    }
                }
            }
        }
    }

    private static final JournalConfig THINNED_CONFIG = new JournalConfig(64 * 1024, 4, 64 * 1024, 0);
    private static final int THINNED_ROUNDS = 14;
    /** What is left of checkpoints 1 to 14 after those before 6 expired, and one in four seconds was kept of the rest. */
    private static final List<Long> THINNED_IDS = List.of(6L, 8L, 12L, 14L);

    /** One with all kinds of files: base images with checksums, a run, and segments of which frames are gone. */
    private static void writeThinned(Path folder) throws Exception {
        FileStoreFiles files = new FileStoreFiles();
        Instant start = Instant.ofEpochSecond(1_770_000_000);
        try (Journal journal = Journal.create(folder, SPEC, THINNED_CONFIG, files)) {
            BatchBuilder builder = new BatchBuilder(64 * 1024);
            builder.addMarker(RecordType.SYNC_END);
            long position = journal.append(builder.build(0, 1));
            for (int round = 1; round <= THINNED_ROUNDS; round++) {
                builder.add(0, round % 3 * 1000L, data(round, 40_000));
                builder.add(1, round * 512L, data(round, 700));
                position = journal.append(builder.build(position, 1));
                journal.sync();
                journal.addCheckpoint(
                        CheckpointRecord.automatic(new CheckpointId(round), position, start.plusSeconds(round)));
            }
            journal.age(start.plusSeconds(6));
            journal.age(start.plusSeconds(6));
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (files.list(folder).stream()
                    .noneMatch(file -> JournalLayout.runName(file).isPresent())) {
                assertTrue(System.nanoTime() < deadline, "a run is built in the background");
                Thread.onSpinWait();
            }
            Thinning thinning = new Thinning(List.of(new Thinning.Tier(Duration.ofSeconds(1), Duration.ofSeconds(4))));
            HistoryLimits limits =
                    new HistoryLimits(Duration.ofDays(1), Long.MAX_VALUE, HistoryLimits.WhenFull.SHORTEN, thinning);
            AgeingResult result;
            do {
                result = journal.age(limits, start.plusSeconds(20));
            } while (result.moreToThin());
        }
    }

    private static void readThinned(Path folder) throws IOException {
        List<String> names = new FileStoreFiles()
                .list(folder).stream()
                        .map(file -> String.valueOf(file.getFileName()))
                        .toList();
        assertTrue(names.stream().anyMatch(name -> name.startsWith("run-01-")), names::toString);
        assertTrue(names.contains("base-0000.sum"), names::toString);
        assertTrue(names.stream().filter(name -> name.startsWith("thinned-")).count() >= 3, names::toString);
        try (Journal journal = Journal.open(folder, THINNED_CONFIG, new FileStoreFiles())) {
            assertTrue(journal.statistics().floorPosition() > 0, "something was folded");
            assertEquals(
                    THINNED_IDS,
                    journal.checkpoints().stream().map(c -> c.id().value()).toList());
            for (long id : THINNED_IDS) {
                byte[] a = new byte[132_096];
                byte[] b = new byte[20_480];
                for (int round = 1; round <= id; round++) {
                    data(round, 40_000).get(0, a, round % 3 * 1000, 40_000);
                    data(round, 700).get(0, b, round * 512, 700);
                }
                for (int volume = 0; volume < 2; volume++) {
                    try (VolumeView view =
                            journal.openView(SPEC.volumes().get(volume).id(), new CheckpointId(id))) {
                        ByteBuffer actual = ByteBuffer.allocate((int) view.sizeBytes());
                        view.read(0, actual);
                        assertEquals(-1, Arrays.mismatch(volume == 0 ? a : b, actual.array()), "checkpoint " + id);
                    }
                }
            }
            assertEquals(List.of(), journal.scrub().damages());
            journal.age(Instant.MAX);
            assertEquals(1, journal.checkpoints().size());
        }
    }

    @Test
    void theCommittedThinnedJournalStillReadsTheSame(@TempDir Path temporary) throws Exception {
        String target = System.getProperty("tidemark.golden");
        if (target != null) {
            writeThinned(Path.of(target).resolve("golden-journal-v2-thinned"));
        }
        readThinned(copy("golden-journal-v2-thinned", temporary));
    }

    @Test
    void theSameThinnedJournalWrittenTodayReadsTheSame(@TempDir Path temporary) throws Exception {
        writeThinned(temporary.resolve("journal"));
        readThinned(temporary.resolve("journal"));
    }

    private static Path copy(String golden, Path temporary) throws IOException {
        Path copy = Files.createDirectory(temporary.resolve("journal"));
        try (Stream<Path> files = Files.list(GOLDEN.resolve(golden))) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(String.valueOf(file.getFileName())));
            }
        }
        return copy;
    }

    @ParameterizedTest
    @ValueSource(strings = {"golden-journal-v1", "golden-journal-v2"})
    void theCommittedJournalStillReadsTheSame(String golden, @TempDir Path temporary) throws IOException {
        String target = System.getProperty("tidemark.golden");
        if (target != null && golden.equals("golden-journal-v1")) {
            write(Path.of(target).resolve("golden-journal-new"));
        }
        read(copy(golden, temporary));
    }

    @Test
    void theSameJournalWrittenTodayReadsTheSame(@TempDir Path temporary) throws IOException {
        write(temporary.resolve("journal"));
        read(temporary.resolve("journal"));
    }
}
