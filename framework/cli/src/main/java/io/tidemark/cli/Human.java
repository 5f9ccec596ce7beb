package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Figures and times as people read them. */
final class Human {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private Human() {}

    static String size(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? bytes + " B"
                : String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
    }

    /** A length of time given in seconds; a dash when there is none. */
    static String seconds(JsonNode seconds) {
        return seconds.isNumber() ? duration(Duration.ofMillis(Math.round(seconds.asDouble() * 1e3))) : "-";
    }

    static String duration(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1_000) {
            return millis + " ms";
        }
        if (millis < 100_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1e3);
        }
        if (duration.toMinutes() < 120) {
            return duration.toMinutes() + " min";
        }
        return duration.toHours() < 48 ? duration.toHours() + " h" : duration.toDays() + " d";
    }

    /** A moment in local time; a dash when there is none. */
    static String time(JsonNode instant) {
        return instant.isTextual() ? TIME.format(Instant.parse(instant.asText()).atZone(ZoneId.systemDefault())) : "-";
    }

    /** A text; a dash when there is none. */
    static String text(JsonNode value) {
        String text = value.isNull() || value.isMissingNode() ? "" : value.asText();
        return text.isEmpty() ? "-" : text;
    }
}
