package io.tidemark.launcher.journal;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalCorruptException;
import io.tidemark.journal.JournalRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code tidemark journal}: explains the files of a journal that no server has open, without a server. Changes nothing in them. */
@Command(
        name = "journal",
        mixinStandardHelpOptions = true,
        description = "Explain the files of a journal that no server has open. Changes nothing in them.")
public final class JournalCommand implements Runnable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int OK = 0;
    private static final int NOT_SOUND = 1;
    private static final int REFUSED = 3;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print JSON; 'dump' prints one object per line.")
    private boolean json;

    /** A command line that explains refusals. */
    public static CommandLine commandLine() {
        CommandLine line = new CommandLine(new JournalCommand()).setCommandName("tidemark journal");
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            PrintWriter err = command.getErr();
            switch (failure) {
                case Refusal refusal -> tell(err, refusal.happened(), refusal.why(), refusal.remedy());
                case IOException file ->
                    tell(
                            err,
                            "The journal cannot be looked at",
                            file.getClass().getSimpleName() + ": " + file.getMessage(),
                            "Check the folder, its permissions and the room in the folder for temporary files.");
                default -> throw failure;
            }
            return REFUSED;
        });
        return line;
    }

    private static void tell(PrintWriter err, String happened, String why, String remedy) {
        err.println("Error: " + happened + ".");
        err.println("  why:         " + why);
        err.println("  what to do:  " + remedy);
    }

    @Override
    public void run() {
        throw new ParameterException(line(), "Which command: inspect, verify or dump?");
    }

    private CommandLine line() {
        CommandSpec known = spec;
        if (known == null) {
            throw new IllegalStateException("picocli sets the spec before a call");
        }
        return known.commandLine();
    }

    private PrintWriter out() {
        return line().getOut();
    }

    @Command(
            description =
                    "Say what the journal is, how far back it goes, what it holds and what it takes. Exit code 0.",
            mixinStandardHelpOptions = true)
    int inspect(@Parameters(paramLabel = "DIR", description = "The journal's folder.") Path folder)
            throws Refusal, IOException {
        try (OfflineJournal journal = OfflineJournal.open(folder)) {
            ObjectNode facts = Facts.of(journal);
            if (json) {
                out().println(facts.toPrettyString());
            } else {
                JournalText.facts(out(), facts);
            }
            out().flush();
            return OK;
        }
    }

    @Command(
            description = {
                "Read all of the journal and say what is damaged, which checkpoints need it, and what to do.",
                "Exit code 0 only if it is sound; 1 if anything is damaged, 3 if it cannot be looked at."
            },
            mixinStandardHelpOptions = true)
    int verify(@Parameters(paramLabel = "DIR", description = "The journal's folder.") Path folder)
            throws Refusal, IOException {
        ObjectNode found;
        try (OfflineJournal journal = OfflineJournal.open(folder)) {
            found = Verification.of(journal);
        }
        if (!found.path("opens").asBoolean()) {
            ArrayNode check = found.putArray("segmentCheck");
            try {
                Verification.rawCheck(folder).forEach(check::add);
            } catch (IOException e) {
                check.add("they cannot be checked one by one: " + e.getMessage());
            }
        }
        if (json) {
            out().println(found.toPrettyString());
        } else {
            JournalText.verification(out(), found);
        }
        out().flush();
        return found.path("sound").asBoolean() ? OK : NOT_SOUND;
    }

    @Command(description = "List segments, batches, records and checkpoints.", mixinStandardHelpOptions = true)
    int dump(
            @Parameters(paramLabel = "DIR", description = "The journal's folder.") Path folder,
            @Option(names = "--segment", paramLabel = "N", description = "Only what is in this segment.") @Nullable Long segment,
            @Option(names = "--checkpoints", description = "Only checkpoints.") boolean onlyCheckpoints,
            @Option(names = "--records", description = "Only records.") boolean onlyRecords,
            @Option(names = "--limit", paramLabel = "N", description = "At most so many lines.") @Nullable Long limit)
            throws Refusal, IOException {
        Output output = new Output(limit == null ? Long.MAX_VALUE : limit);
        boolean checkpoints = !onlyRecords && segment == null;
        // Opened first in any case: it says politely what cannot be looked at.
        try (OfflineJournal offline = OfflineJournal.open(folder)) {
            if (checkpoints && offline.journal().isPresent()) {
                Journal journal = offline.journal().get();
                for (CheckpointRecord each : Facts.all(journal)) {
                    boolean selectable = journal.checkpoint(each.id()).isPresent();
                    if (!output.take(Facts.checkpoint(each, selectable).put("item", "checkpoint"))) {
                        break;
                    }
                }
            } else if (offline.journal().isEmpty()) {
                line().getErr().println("The journal is damaged: " + offline.damage());
            }
        }
        if (!onlyCheckpoints) {
            records(folder, segment == null ? OptionalLong.empty() : OptionalLong.of(segment), onlyRecords, output);
        }
        out().flush();
        return OK;
    }

    private static void records(Path folder, OptionalLong segment, boolean onlyRecords, Output output)
            throws Refusal, IOException {
        try {
            RecordDump.run(
                    folder,
                    segment,
                    item -> (onlyRecords && !item.path("item").asText().equals("record")) || output.take(item));
        } catch (JournalCorruptException e) {
            throw new Refusal(
                    "The journal cannot be dumped any further",
                    String.valueOf(e.getMessage()),
                    "'tidemark journal verify' says what follows from that.");
        } catch (JournalRefusedException e) {
            throw e.reason() == JournalRefusedException.Reason.IN_USE
                    ? OfflineJournal.inUse(folder)
                    : new Refusal("The journal cannot be dumped", String.valueOf(e.getMessage()), "Verify it first.");
        }
    }

    /** Prints items up to a limit. */
    private final class Output {
        private long left;

        Output(long limit) {
            this.left = limit;
        }

        boolean take(ObjectNode item) {
            if (left <= 0) {
                return false;
            }
            left--;
            out().println(json ? MAPPER.valueToTree(item).toString() : words(item));
            return left > 0;
        }

        private static String words(ObjectNode item) {
            return switch (item.path("item").asText()) {
                case "checkpoint" ->
                    "checkpoint  " + JournalText.checkpoint(item) + ", at position "
                            + item.path("position").asText();
                case "segment" ->
                    "segment " + item.path("segment").asText() + "  from position "
                            + item.path("position").asText() + ", "
                            + item.path("file").asText();
                case "batch" ->
                    "  batch at byte " + item.path("offset").asText() + ": records "
                            + item.path("firstPosition").asText() + " to "
                            + (item.path("endPosition").asLong() - 1) + ", "
                            + JournalText.size(item.path("payloadBytes")) + " of data in "
                            + JournalText.size(item.path("storedBytes")) + ", epoch "
                            + item.path("epoch").asText() + ", durable before it: up to position "
                            + item.path("durableBefore").asText();
                case "record" ->
                    "    record " + item.path("position").asText() + "  "
                            + item.path("type").asText()
                            + (item.has("volume")
                                    ? "  volume " + item.path("volume").asText() + ", byte "
                                            + item.path("offset").asText() + ", "
                                            + item.path("lengthBytes").asText() + " bytes"
                                    : "");
                case "torn" ->
                    "  torn at byte " + item.path("offset").asText() + ": "
                            + item.path("what").asText()
                            + " (a write that a crash cut off; it was never acknowledged)";
                default -> item.path("text").asText();
            };
        }
    }
}
