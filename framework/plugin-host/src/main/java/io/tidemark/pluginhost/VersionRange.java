package io.tidemark.pluginhost;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of SPI versions: comparators joined by {@code &}, for example {@code >=0.1.0 & <0.2.0}. Nothing else, so that nothing is
 * half understood.
 */
record VersionRange(List<Comparator> comparators) {
    private static final Pattern COMPARATOR = Pattern.compile("(>=|<=|>|<|=)\\s*(\\d{1,6})\\.(\\d{1,6})\\.(\\d{1,6})");
    private static final Pattern VERSION = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})\\.(\\d{1,6})");

    VersionRange {
        comparators = List.copyOf(comparators);
    }

    static VersionRange parse(String text) throws PluginException {
        List<Comparator> comparators = new ArrayList<>();
        for (String part : text.split("&", -1)) {
            Matcher matcher = COMPARATOR.matcher(part.strip());
            if (!matcher.matches()) {
                throw new PluginException(
                        "The version range '" + text + "' in plugin.requires is not understood",
                        reason(text),
                        remedy());
            }
            comparators.add(new Comparator(matcher.group(1), Version.of(matcher, 2)));
        }
        return new VersionRange(comparators);
    }

    private static String reason(String text) {
        if (text.contains("^") || text.contains("~")) {
            return "'^' and '~' mean different things in different tools and are not supported";
        }
        if (text.contains("|")) {
            return "alternatives are not supported";
        }
        if (text.contains("*") || text.contains("x")) {
            return "wildcards are not supported";
        }
        return "it must be comparators (>=, >, <=, <, =) each followed by MAJOR.MINOR.PATCH and joined by '&'";
    }

    private static String remedy() {
        return "Write it out, for example 'plugin.requires=>=" + SpiVersion.CURRENT + " & <0.2.0'.";
    }

    boolean contains(String versionText) {
        Matcher matcher = VERSION.matcher(versionText);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a version: " + versionText);
        }
        Version version = Version.of(matcher, 1);
        return comparators.stream().allMatch(comparator -> comparator.accepts(version));
    }

    /** One comparison. */
    record Comparator(String operator, Version version) {
        boolean accepts(Version other) {
            int order = other.compareTo(version);
            return switch (operator) {
                case ">=" -> order >= 0;
                case "<=" -> order <= 0;
                case ">" -> order > 0;
                case "<" -> order < 0;
                case "=" -> order == 0;
                default -> throw new IllegalStateException("the pattern lets no other operator pass: " + operator);
            };
        }
    }

    /** A version without pre-release part; the SPI has none. */
    record Version(int major, int minor, int patch) implements Comparable<Version> {
        static Version of(Matcher matcher, int firstGroup) {
            return new Version(
                    Integer.parseInt(matcher.group(firstGroup)),
                    Integer.parseInt(matcher.group(firstGroup + 1)),
                    Integer.parseInt(matcher.group(firstGroup + 2)));
        }

        @Override
        public int compareTo(Version other) {
            return java.util.Comparator.comparingInt(Version::major)
                    .thenComparingInt(Version::minor)
                    .thenComparingInt(Version::patch)
                    .compare(this, other);
        }
    }
}
