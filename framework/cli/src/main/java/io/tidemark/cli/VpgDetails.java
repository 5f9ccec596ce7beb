package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Locale;
import java.util.StringJoiner;

/** One VPG as a person reads it: its policy and its journals in words, the rest as it is. */
final class VpgDetails {
    private VpgDetails() {}

    static TextTable of(JsonNode vpg) {
        TextTable table = new TextTable("PROPERTY", "VALUE");
        vpg.properties().forEach(member -> {
            switch (member.getKey()) {
                case "policy" -> policy(table, member.getValue());
                case "journal" -> journal(table, member.getValue());
                case "staging" -> staging(table, member.getValue());
                default -> Details.add(table, member.getKey(), member.getValue());
            }
        });
        return table;
    }

    private static void policy(TextTable table, JsonNode policy) {
        table.row("checkpoint every", policy.path("checkpointIntervalSeconds").asText() + " s");
        table.row("alert above RPO of", policy.path("targetRpoSeconds").asText() + " s");
        table.row("history", Human.seconds(policy.path("journalHistorySeconds")));
        table.row(
                "journal limit",
                policy.path("journalLimitBytes").isNumber()
                        ? Human.size(policy.path("journalLimitBytes").asLong())
                        : "none");
        table.row("when full", policy.path("whenFull").asText().toLowerCase(Locale.ROOT));
        StringJoiner tiers = new StringJoiner("; ");
        for (JsonNode tier : policy.path("thinning")) {
            tiers.add("older than " + whole(tier.path("olderThanSeconds").asLong()) + ": one per "
                    + whole(tier.path("keepOneEverySeconds").asLong()));
        }
        table.row("thinning", tiers.length() == 0 ? "none" : tiers.toString());
    }

    private static void staging(TextTable table, JsonNode staging) {
        if (!staging.isObject()) {
            return;
        }
        JsonNode checkpoint = staging.path("checkpoint");
        table.row(
                "staged at the target",
                checkpoint.isObject()
                        ? "checkpoint " + checkpoint.path("id").asText() + " of "
                                + Human.time(checkpoint.path("time")) + ", since "
                                + Human.time(staging.path("stagedAt"))
                        : "nothing yet");
        if (staging.path("progress").isNumber()) {
            table.row(
                    "staging now", Math.round(100 * staging.path("progress").asDouble()) + " % of the next checkpoint");
        }
        if (!staging.path("problem").asText().isEmpty()) {
            table.row("staging fails", staging.path("problem").asText());
        }
    }

    private static void journal(TextTable table, JsonNode journal) {
        if (!journal.isObject()) {
            table.row("journal", "not reported yet");
            return;
        }
        long checkpoints = journal.path("checkpoints").asLong();
        long damaged = journal.path("damagedCheckpoints").asLong();
        table.row("checkpoints", checkpoints + " selectable" + (damaged > 0 ? ", " + damaged + " damaged" : ""));
        if (!journal.path("usedBytes").isNumber()) {
            return;
        }
        table.row(
                "journal takes",
                Human.size(journal.path("usedBytes").asLong())
                        + (journal.path("limitBytes").isNumber()
                                ? " of " + Human.size(journal.path("limitBytes").asLong())
                                : "")
                        + ", of that base images "
                        + Human.size(journal.path("baseImageBytes").asLong()));
        table.row(
                "history kept",
                Human.seconds(journal.path("historySeconds")) + " of "
                        + Human.seconds(journal.path("wantedHistorySeconds")) + " wanted");
        table.row("forecast", forecast(journal));
        table.row("writes are", intake(journal.path("intake").asText()));
    }

    private static String forecast(JsonNode journal) {
        if (!journal.path("bytesPerHour").isNumber()) {
            return "not known before there are 5 minutes of history";
        }
        String rate = Human.size(journal.path("bytesPerHour").asLong()) + " per hour";
        if (!journal.path("limitBytes").isNumber()) {
            return rate + "; no limit is set";
        }
        String fitting = Human.seconds(journal.path("fittingHistorySeconds"));
        return journal.path("fullAfterSeconds").isNumber()
                ? rate + ": the limit is reached within " + Human.seconds(journal.path("fullAfterSeconds"))
                        + " and has room for " + fitting + " of history"
                : rate + ": the wanted history fits, there is room for " + fitting;
    }

    private static String intake(String intake) {
        return switch (intake) {
            case "SLOWED" -> "taken more slowly, because the limit is near";
            case "STOPPED" -> "NOT taken, because the limit is reached: raise it or ask for a shorter history";
            default -> "taken";
        };
    }

    /** A time in its largest unit without a rest. */
    private static String whole(long seconds) {
        Duration time = Duration.ofSeconds(seconds);
        if (seconds % 86_400 == 0) {
            return time.toDays() + " d";
        }
        if (seconds % 3_600 == 0) {
            return time.toHours() + " h";
        }
        return seconds % 60 == 0 ? time.toMinutes() + " min" : seconds + " s";
    }
}
