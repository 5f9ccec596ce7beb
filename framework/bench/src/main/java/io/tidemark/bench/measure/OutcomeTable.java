package io.tidemark.bench.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An outcome as a table for people. */
public final class OutcomeTable {
    private static final List<String> HEADINGS =
            List.of("figure", "unit", "Tidemark", "peer", "which", "ratio", "min–max", "bar", "");

    private OutcomeTable() {}

    /** Several lines, each ended. */
    public static String of(Outcome outcome) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        outcome.metrics().forEach(metric -> rows.add(row(metric)));
        int[] widths = new int[HEADINGS.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                boolean number = i == 2 || i == 3 || i == 5;
                String pad = " ".repeat(widths[i] - row.get(i).length());
                line.append(number ? pad + row.get(i) : row.get(i) + pad).append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        outcome.notes().forEach(note -> text.append("  · ").append(note).append('\n'));
        long missed = outcome.missedBars();
        if (missed > 0) {
            text.append(missed == 1 ? "One bar is MISSED." : missed + " bars are MISSED.")
                    .append('\n');
        }
        return text.toString();
    }

    private static List<String> row(Metric metric) {
        return List.of(
                metric.name(),
                metric.unit(),
                number(metric.tidemark()),
                number(metric.peer()),
                metric.peerName() == null ? "–" : metric.peerName(),
                number(metric.ratio()),
                number(metric.spread().min()) + "–" + number(metric.spread().max()),
                metric.bar().toString(),
                verdict(metric.met()));
    }

    private static String verdict(@Nullable Boolean met) {
        if (met == null) {
            return "";
        }
        return met ? "met" : "MISSED";
    }

    /** Three digits that count. */
    static String number(@Nullable Double value) {
        if (value == null) {
            return "–";
        }
        double size = Math.abs(value);
        String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }
}
