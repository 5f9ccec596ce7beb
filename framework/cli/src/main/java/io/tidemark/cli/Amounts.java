package io.tidemark.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and times as people write them. */
final class Amounts {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*([kmgtp]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})\\s*([smhd])", Pattern.CASE_INSENSITIVE);
    private static final String PREFIXES = "kmgtp";

    private Amounts() {}

    /**
     * A size such as {@code 50GiB}, {@code 50G} or {@code 1073741824}; prefixes are powers of 1,024.
     *
     * @param option that it was given for
     */
    static long bytes(String option, String text) {
        Matcher size = SIZE.matcher(text.strip());
        if (!size.matches()) {
            throw new IllegalArgumentException(option + " takes a size such as 50GiB, not '" + text + "'");
        }
        String prefix = size.group(2).toLowerCase(Locale.ROOT);
        int power = prefix.isEmpty() ? 0 : PREFIXES.indexOf(prefix) + 1;
        try {
            return Math.multiplyExact(Long.parseLong(size.group(1)), 1L << (10 * power));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(option + ": '" + text + "' is too much", e);
        }
    }

    /** A time such as {@code 90s}, {@code 15m}, {@code 24h} or {@code 7d}. */
    static Duration duration(String option, String text) {
        Matcher time = TIME.matcher(text.strip());
        if (!time.matches()) {
            throw new IllegalArgumentException(option + " takes times such as 90s, 15m, 24h or 7d, not '" + text + "'");
        }
        long count = Long.parseLong(time.group(1));
        return switch (time.group(2).toLowerCase(Locale.ROOT)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }
}
