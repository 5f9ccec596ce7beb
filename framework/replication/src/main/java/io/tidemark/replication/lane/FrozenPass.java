package io.tidemark.replication.lane;

import io.tidemark.replication.lane.Lane.SyncRead;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Copies what a lane lacks of frozen contents, at the pace of the link: only while the lane's memory is less than half full. Runs on its
 * caller's thread and has closed everything that it opened when it returns.
 */
public final class FrozenPass {
    private static final long LOOK_AGAIN_NANOS = Duration.ofMillis(100).toNanos();
    /** Reads that fail in a row before the frozen contents are given up; a later freeze goes on with what is missing. */
    private static final int ATTEMPTS = 3;

    private final Lane lane;
    private final SourceReader reader;
    private final Duration retryPause;
    private int failuresInARow;

    /** @param source opens the frozen contents */
    public FrozenPass(Lane lane, LaneRunner.VolumeSource source, Duration retryPause) {
        this.lane = lane;
        this.reader = new SourceReader(lane.spec(), source);
        this.retryPause = retryPause;
    }

    /**
     * Reads until the lane lacks nothing.
     *
     * @param giveUp asked before each read; why to stop, or empty to go on
     * @return why it stopped before the end; empty when the lane holds the frozen contents
     */
    public Optional<String> run(Supplier<Optional<String>> giveUp) throws InterruptedException {
        try {
            while (true) {
                Optional<String> why = giveUp.get();
                if (why.isPresent()) {
                    return why;
                }
                Optional<SyncRead> next = lane.nextSyncRead(SyncPass.READ_BYTES);
                if (next.isPresent()) {
                    Optional<String> failure = read(next.get());
                    if (failure.isPresent()) {
                        return failure;
                    }
                    continue;
                }
                lane.finishSyncIfClean();
                Phase phase = lane.phase();
                if (phase == Phase.STREAMING) {
                    return Optional.empty();
                }
                if (phase != Phase.SYNCING) {
                    return Optional.of(lane.status().detail());
                }
                lane.awaitSyncWork(LOOK_AGAIN_NANOS);
            }
        } finally {
            reader.close();
        }
    }

    private Optional<String> read(SyncRead read) throws InterruptedException {
        try {
            lane.syncRead(read, reader.read(read));
            failuresInARow = 0;
            return Optional.empty();
        } catch (IOException | ProviderException e) {
            String why = "Cannot read the frozen volumes, retrying: " + e.getMessage();
            lane.syncReadFailed(read, why);
            failuresInARow++;
            if (failuresInARow == ATTEMPTS) {
                return Optional.of(why);
            }
            Thread.sleep(retryPause);
            return Optional.empty();
        }
    }
}
