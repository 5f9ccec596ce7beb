package io.tidemark.replication.receive;

import io.tidemark.journal.HistoryLimits;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * What the journals of a VPG take together, and how that goes on.
 *
 * @param usedBytes on disk, with base images
 * @param historyBytes of them, what ageing can give back: records and the files kept for more of them
 * @param recordBytes written for the history that there is
 * @param history from the oldest to the newest selectable checkpoint
 * @param limits what is wanted; its size is that of the whole VPG, {@link #UNLIMITED} for none
 */
public record VpgRoom(
        long usedBytes, long historyBytes, long recordBytes, Duration history, HistoryLimits limits, Intake intake) {
    /** In place of a size: there is no limit. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    /** A shorter history says too little of how fast writes come. */
    static final Duration LONG_ENOUGH = Duration.ofMinutes(5);

    private static final double SECONDS_PER_HOUR = 3600;
    private static final double MOST_SECONDS = 100.0 * 365 * 24 * 3600;

    /** Whether lanes are taken. */
    public enum Intake {
        OPEN,
        /** At a lower rate, because the limit is near. */
        SLOWED,
        /** Not at all, because the limit is reached. */
        STOPPED
    }

    public boolean limited() {
        return limits.maxBytes() != UNLIMITED;
    }

    /** How fast records came, over the history that there is; empty while that is too short to tell. */
    public OptionalLong bytesPerHour() {
        return history.compareTo(LONG_ENOUGH) < 0
                ? OptionalLong.empty()
                : OptionalLong.of((long) (recordBytes / (double) history.toSeconds() * SECONDS_PER_HOUR));
    }

    /** How much history the limit has room for at a rate; more than a lifetime where the rate is nothing. Only where there is a limit. */
    public Duration fitting(long bytesPerHour) {
        return hours(roomForHistory() / (double) Math.max(1, bytesPerHour));
    }

    /** When the limit will be reached at a rate. Only where there is a limit. */
    public Duration fullAfter(long bytesPerHour) {
        return hours(Math.max(0, limits.maxBytes() - usedBytes) / (double) Math.max(1, bytesPerHour));
    }

    /** The rate at which the wanted history just fits. Only where there is a limit. */
    double sustainableBytesPerSecond() {
        return roomForHistory() / (double) limits.history().toSeconds();
    }

    private long roomForHistory() {
        return Math.max(0, limits.maxBytes() - (usedBytes - historyBytes));
    }

    private static Duration hours(double hours) {
        return Duration.ofSeconds((long) Math.min(hours * SECONDS_PER_HOUR, MOST_SECONDS));
    }
}
