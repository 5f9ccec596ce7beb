package io.tidemark.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a VPG is protected; what is not given is left to the server, or as it is. */
final class PolicyOptions {
    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            description = "Time between checkpoints, 1 to 60 (5 for a new VPG).")
    private @Nullable Integer intervalSeconds;

    @Option(
            names = "--history",
            paramLabel = "HOURS",
            description = "How far back one can go, 1 to 720 (24 for a new VPG).")
    private @Nullable Integer historyHours;

    @Option(names = "--rpo", paramLabel = "SECONDS", description = "RPO above which to alert (10 for a new VPG).")
    private @Nullable Integer rpoSeconds;

    @Option(
            names = "--journal-limit",
            paramLabel = "SIZE",
            description = "What all journals of the VPG may take together, for example 50GiB; 'none' for no limit.")
    private @Nullable String journalLimit;

    @Option(
            names = "--when-full",
            paramLabel = "POLICY",
            description =
                    "What gives way at the limit: 'shorten' history, 'slow' down what is sent, or 'stop' protection.")
    private @Nullable String whenFull;

    @Option(
            names = "--thin",
            paramLabel = "AGE:INTERVAL,...",
            description =
                    "Keep fewer of the older automatic checkpoints: '1h:1m,24h:15m' keeps one per minute of those older than"
                            + " an hour, and one per 15 minutes of those older than a day; 'none' keeps all.")
    private @Nullable String thin;

    /** Puts what was given into a request's policy. */
    void addTo(ObjectNode policy) {
        if (intervalSeconds != null) {
            policy.put("checkpointIntervalSeconds", intervalSeconds);
        }
        if (historyHours != null) {
            policy.put("journalHistorySeconds", Duration.ofHours(historyHours).toSeconds());
        }
        if (rpoSeconds != null) {
            policy.put("targetRpoSeconds", rpoSeconds);
        }
        if (journalLimit != null && isNone(journalLimit)) {
            policy.putNull("journalLimitBytes");
        } else if (journalLimit != null) {
            policy.put("journalLimitBytes", Amounts.bytes("--journal-limit", journalLimit));
        }
        if (whenFull != null) {
            policy.put("whenFull", whenFull.toUpperCase(Locale.ROOT));
        }
        if (thin != null) {
            addTiers(policy.putArray("thinning"), thin);
        }
    }

    private static void addTiers(ArrayNode tiers, String text) {
        if (isNone(text)) {
            return;
        }
        for (String tier : text.split(",", -1)) {
            String[] parts = tier.strip().split(":", -1);
            if (parts.length != 2) {
                throw new IllegalArgumentException(
                        "--thin takes AGE:INTERVAL pairs such as 1h:1m,24h:15m, not '" + tier + "'");
            }
            tiers.addObject()
                    .put(
                            "olderThanSeconds",
                            Amounts.duration("--thin", parts[0]).toSeconds())
                    .put(
                            "keepOneEverySeconds",
                            Amounts.duration("--thin", parts[1]).toSeconds());
        }
    }

    private static boolean isNone(String text) {
        return text.equalsIgnoreCase("none");
    }
}
