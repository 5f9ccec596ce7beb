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

    @ParameterizedTest
    @ValueSource(strings = {"golden-journal-v1", "golden-journal-v2"})
    void theCommittedJournalStillReadsTheSame(String golden, @TempDir Path temporary) throws IOException {
        String target = System.getProperty("tidemark.golden");
        if (target != null) {
            write(Path.of(target).resolve("golden-journal-new"));
        }
        Path copy = Files.createDirectory(temporary.resolve("journal"));
        try (Stream<Path> files = Files.list(GOLDEN.resolve(golden))) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(String.valueOf(file.getFileName())));
            }
        }
        read(copy);
    }

    @Test
    void theSameJournalWrittenTodayReadsTheSame(@TempDir Path temporary) throws IOException {
        write(temporary.resolve("journal"));
        read(temporary.resolve("journal"));
    }
}
