package io.tidemark.launcher.journal;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.journal.JournalInspection;
import io.tidemark.journal.file.FileStoreFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Walks along the segments of a journal that is not open, and gives each segment, batch and record to a sink, one by one, so that a journal of any
 * size can be dumped. The engine's inspection writes lines; they are read here, and one that is not known is passed on as it is.
 */
final class RecordDump {
    private record Kind(String name, Pattern pattern, List<String> fields) {}

    private static final List<Kind> KINDS = List.of(
            new Kind(
                    "segment",
                    Pattern.compile("segment +(\\d+) from position (\\d+): (.*)"),
                    List.of("segment", "position", "file")),
            new Kind(
                    "batch",
                    Pattern.compile(
                            "batch +offset (\\d+), positions (\\d+) to (\\d+), epoch (\\d+), (\\d+) bytes for (\\d+)"
                                    + " of payload, durable before it: (\\d+)"),
                    List.of(
                            "offset",
                            "firstPosition",
                            "endPosition",
                            "epoch",
                            "storedBytes",
                            "payloadBytes",
                            "durableBefore")),
            new Kind(
                    "record",
                    Pattern.compile("record +(\\d+) (\\w+) volume (\\d+), offset (\\d+), (\\d+) bytes"),
                    List.of("position", "type", "volume", "offset", "lengthBytes")),
            new Kind("torn", Pattern.compile("torn +(.*) at offset (\\d+): (.*)"), List.of("file", "offset", "what")));
    private static final Pattern CHECKPOINT = Pattern.compile("checkpoint +.*");

    /** In a record that marks the begin or end of a sync. */
    private static final int NO_VOLUME = 0xffff;

    private RecordDump() {}

    /** Takes what was found; true for more. */
    interface Sink {
        boolean take(ObjectNode item);
    }

    /** Ends a walk whose sink has enough: the inspection itself only ever walks to the end. */
    private static final class EnoughException extends RuntimeException {
        EnoughException() {
            super("enough was read", null, false, false);
        }
    }

    /** @param segment the only one that is wanted; empty for all */
    static void run(Path folder, OptionalLong segment, Sink sink) throws IOException {
        try (JournalInspection inspection = JournalInspection.open(folder, new FileStoreFiles());
                PrintWriter lines = new PrintWriter(new Lines(segment, sink))) {
            inspection.dump(lines);
        } catch (EnoughException enough) {
            // The sink said so.
            return;
        }
    }

    static ObjectNode parsed(String line) {
        for (Kind kind : KINDS) {
            Matcher matcher = kind.pattern.matcher(line);
            if (matcher.matches()) {
                ObjectNode item = JsonNodeFactory.instance.objectNode().put("item", kind.name);
                for (int i = 0; i < kind.fields.size(); i++) {
                    String value = matcher.group(i + 1);
                    number(value).ifPresentOrElse(put(item, kind.fields.get(i)), text(item, kind.fields.get(i), value));
                }
                if (item.path("volume").asInt() == NO_VOLUME) {
                    item.remove(List.of("volume", "offset", "lengthBytes"));
                }
                return item;
            }
        }
        return JsonNodeFactory.instance.objectNode().put("item", "other").put("text", line);
    }

    private static java.util.function.Consumer<Long> put(ObjectNode item, String field) {
        return value -> item.put(field, value);
    }

    private static Runnable text(ObjectNode item, String field, String value) {
        return () -> item.put(field, value);
    }

    private static Optional<Long> number(String value) {
        return value.matches("\\d{1,18}") ? Optional.of(Long.parseLong(value)) : Optional.empty();
    }

    /** Makes lines of what is written. */
    private static final class Lines extends Writer {
        private final OptionalLong segment;
        private final Sink sink;
        private final StringBuilder line = new StringBuilder();
        private long current = -1;
        private boolean ended;

        Lines(OptionalLong segment, Sink sink) {
            this.segment = segment;
            this.sink = sink;
        }

        @Override
        public void write(char[] text, int offset, int length) {
            for (int i = offset; i < offset + length && !ended; i++) {
                if (text[i] == '\n') {
                    take(line.toString().stripTrailing());
                    line.setLength(0);
                } else {
                    line.append(text[i]);
                }
            }
        }

        private void take(String text) {
            if (CHECKPOINT.matcher(text).matches()) {
                return; // They are told with their marks by somebody else.
            }
            ObjectNode item = parsed(text);
            if (item.path("item").asText().equals("segment")) {
                current = item.path("segment").asLong();
            }
            boolean wanted = segment.isEmpty() || segment.getAsLong() == current;
            boolean passed = segment.isPresent() && current > segment.getAsLong();
            if (passed || (wanted && !sink.take(item))) {
                ended = true;
                throw new EnoughException();
            }
        }

        @Override
        public void flush() {
            // Lines are given on as soon as they are whole.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
