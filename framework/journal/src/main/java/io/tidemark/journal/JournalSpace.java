package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Counts what a journal takes on disk, and judges it by limits. Any thread. */
final class JournalSpace {
    /** From this part of the limit on a source is slowed down. */
    private static final double SLOW_FROM = 0.9;

    private final StoreFiles files;
    private final JournalLayout layout;

    JournalSpace(StoreFiles files, JournalLayout layout) {
        this.files = files;
        this.layout = layout;
    }

    /** Looks at each file once. */
    SpaceUse count() throws IOException {
        long segments = 0;
        long spares = 0;
        long runs = 0;
        long bases = 0;
        long others = 0;
        for (Path path : files.list(layout.folder())) {
            if (!JournalLayout.isOurs(path)) {
                continue;
            }
            long bytes = allocatedBytes(path);
            if (JournalLayout.segmentName(path).isPresent()) {
                segments += bytes;
            } else if (JournalLayout.isSpare(path)) {
                spares += bytes;
            } else if (JournalLayout.runName(path).isPresent()) {
                runs += bytes;
            } else if (JournalLayout.isBase(path)) {
                bases += bytes;
            } else {
                others += bytes;
            }
        }
        return new SpaceUse(segments, spares, runs, bases, others);
    }

    private long allocatedBytes(Path path) throws IOException {
        try (StoreFile file = files.open(path)) {
            return file.allocatedBytes();
        } catch (NoSuchFileException e) {
            return 0; // Renamed or deleted just now.
        }
    }

    static HistoryForecast forecast(SpaceUse use, JournalStatistics statistics, HistoryLimits limits) {
        long used = use.totalBytes();
        Duration history = statistics.history();
        long hourNanos = Duration.ofHours(1).toNanos();
        long perHour = history.isZero() ? 0 : (long) ((double) use.segmentBytes() / history.toNanos() * hourNanos);
        long left = Math.max(0, limits.maxBytes() - use.baseBytes() - use.otherBytes() - use.runBytes());
        Optional<Duration> fitting = perHour == 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(
                        (long) (left / (double) perHour * Duration.ofHours(1).toSeconds())));
        HistoryForecast.Advice advice =
                switch (limits.whenFull()) {
                    case SHORTEN -> HistoryForecast.Advice.GO_ON;
                    case SLOW ->
                        used >= limits.maxBytes() * SLOW_FROM
                                ? HistoryForecast.Advice.SLOW_DOWN
                                : HistoryForecast.Advice.GO_ON;
                    case STOP -> used >= limits.maxBytes() ? HistoryForecast.Advice.STOP : HistoryForecast.Advice.GO_ON;
                };
        boolean shrinks = fitting.isPresent() && fitting.get().compareTo(limits.history()) < 0;
        return new HistoryForecast(used, limits.maxBytes(), perHour, fitting, advice, shrinks);
    }
}
