package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark recovery}: failover tests and live failovers. */
@Command(name = "recovery", mixinStandardHelpOptions = true, description = "Failover tests and live failovers.")
final class RecoveryCommand {
    private final Session session;

    RecoveryCommand(Session session) {
        this.session = session;
    }

    /** Which checkpoint; the newest when none is named. */
    static final class Choice {
        @Option(names = "--checkpoint", paramLabel = "ID", description = "Id of the checkpoint.")
        private @Nullable Long id;

        @Option(names = "--tag", paramLabel = "TEXT", description = "Newest checkpoint with exactly this tag.")
        private @Nullable String tag;

        @Option(names = "--at", paramLabel = "TIME", description = "Newest checkpoint at or before this time.")
        private @Nullable String at;

        @Option(names = "--latest", description = "Newest checkpoint (default).")
        @SuppressWarnings("UnusedVariable") // says what is done anyway, and keeps the others from being given with it
        private boolean latest;

        private ObjectNode json() {
            ObjectNode choice = Session.object();
            if (id != null) {
                return choice.put("id", id);
            }
            if (tag != null) {
                return choice.put("tag", tag);
            }
            return at != null ? choice.put("at", at) : choice.put("latest", true);
        }
    }

    /** Whether and how long to wait. */
    static final class Waiting {
        @Option(names = "--no-wait", description = "Return at once; the task goes on.")
        private boolean noWait;

        @Option(names = "--timeout", paramLabel = "SECONDS", description = "How long to wait (default: 3600).")
        private int timeoutSeconds = 3_600;
    }

    @Command(
            description = "Bring the VMs back at a checkpoint, isolated, while protection goes on.",
            mixinStandardHelpOptions = true)
    int test(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @ArgGroup @Nullable Choice choice,
            @Option(names = "--dry-run", description = "Say what would be done; change nothing.") boolean dryRun,
            @ArgGroup(exclusive = false) @Nullable Waiting waiting)
            throws ApiException {
        ObjectNode request = Session.object().put("type", "TEST");
        request.set("checkpoint", choice == null ? new Choice().json() : choice.json());
        return start(vpg, request, dryRun, waiting);
    }

    @Command(description = "Bring the VMs back at a checkpoint, for real.", mixinStandardHelpOptions = true)
    int failover(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @ArgGroup @Nullable Choice choice,
            @Option(
                            names = "--shutdown",
                            defaultValue = "none",
                            paramLabel = "HOW",
                            description =
                                    "What is done with the source VMs first: none, graceful or forced (default: none).")
                    String shutdown,
            @Option(
                            names = "--commit-policy",
                            defaultValue = "none",
                            paramLabel = "POLICY",
                            description = "none, auto_commit or auto_rollback (default: none).")
                    String commitPolicy,
            @Option(
                            names = "--after",
                            defaultValue = "0",
                            paramLabel = "SECONDS",
                            description = "When the commit policy acts.")
                    int afterSeconds,
            @Option(names = "--yes", description = "Do not ask.") boolean yes,
            @Option(names = "--dry-run", description = "Say what would be done; change nothing.") boolean dryRun,
            @ArgGroup(exclusive = false) @Nullable Waiting waiting)
            throws ApiException {
        ObjectNode request = Session.object().put("type", "FAILOVER");
        request.set("checkpoint", choice == null ? new Choice().json() : choice.json());
        request.put("sourceShutdown", shutdown.toUpperCase(Locale.ROOT));
        request.putObject("commit")
                .put("policy", commitPolicy.toUpperCase(Locale.ROOT))
                .put("afterSeconds", afterSeconds);
        if (!dryRun) {
            session.confirm(
                    Session.Confirmation.of(yes),
                    "The VMs of VPG " + vpg + " are started at its recovery site, in place of those that run now.",
                    vpg);
        }
        return start(vpg, request, dryRun, waiting);
    }

    @Command(
            description = {
                "Ask the recovery target what a recovery would run into, all of it at once; changes nothing.",
                "Exit code 8 when something forbids it."
            },
            mixinStandardHelpOptions = true)
    int preflight(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Option(names = "--test", description = "For a failover test, and not for a live failover.") boolean test)
            throws ApiException {
        JsonNode report =
                session.api().get(VpgCommand.path(vpg) + "/recovery-preflight?type=" + (test ? "TEST" : "FAILOVER"));
        int shown = session.show(
                report, () -> session.out.println(report.path("text").asText().stripTrailing()));
        return report.path("passed").asBoolean() ? shown : ExitCode.BREACH.number();
    }

    private int start(String vpg, ObjectNode request, boolean dryRun, @Nullable Waiting waiting) throws ApiException {
        String path = VpgCommand.path(vpg) + "/recoveries";
        if (dryRun) {
            JsonNode plan = session.api().post(path + "?dryRun=true", request);
            return session.show(plan, plan(plan));
        }
        JsonNode started = session.api()
                .post(path, request, Map.of("Idempotency-Key", UUID.randomUUID().toString()));
        return finish(started, waiting);
    }

    /** The plan as a table; the report of a preflight as it was written for people. */
    private Runnable plan(JsonNode plan) {
        TextTable table = new TextTable("PROPERTY", "VALUE");
        plan.properties().forEach(member -> {
            if (!member.getKey().equals("preflight")) {
                Details.add(table, member.getKey(), member.getValue());
            }
        });
        return () -> {
            table.print(session.out);
            if (plan.path("preflight").isObject()) {
                session.out.println();
                session.out.println(plan.path("preflight").path("text").asText().stripTrailing());
            }
        };
    }

    private int finish(JsonNode started, @Nullable Waiting waiting) throws ApiException {
        String id = started.path("id").asText();
        if (waiting != null && waiting.noWait) {
            return session.show(
                    started,
                    () -> session.out.println(
                            "Recovery " + id + " is " + state(started) + "; follow it with 'tidemark task watch "
                                    + started.path("task").asText() + "'."));
        }
        int seconds = waiting == null ? new Waiting().timeoutSeconds : waiting.timeoutSeconds;
        session.follow(started.path("task").asText(), Duration.ofSeconds(seconds));
        JsonNode now = session.api().get("/recoveries/" + ApiClient.segment(id));
        return session.show(now, () -> tell(now));
    }

    private void tell(JsonNode recovery) {
        String id = recovery.path("id").asText();
        session.out.println("Recovery " + id + " of VPG "
                + recovery.path("vpg").path("name").asText() + " is " + state(recovery)
                + (recovery.path("recoveryTimeSeconds").isNumber()
                        ? ", running " + Human.seconds(recovery.path("recoveryTimeSeconds")) + " after the request."
                        : "."));
        recovery.path("vms")
                .forEach(vm -> session.out.println(
                        "  " + vm.path("source").path("name").asText() + " -> " + Human.text(vm.path("name"))));
        switch (recovery.path("state").asText()) {
            case "TESTING" ->
                session.err.println("End the test with 'tidemark recovery stop " + id + " --result passed|failed'.");
            case "UNCOMMITTED" ->
                session.err.println("Nothing is final: 'tidemark recovery commit " + id
                        + "' or 'tidemark recovery rollback " + id + "'.");
            default -> session.out.flush();
        }
    }

    private static String state(JsonNode recovery) {
        return recovery.path("state").asText().toLowerCase(Locale.ROOT);
    }

    @Command(description = "List recoveries, newest first.", mixinStandardHelpOptions = true)
    int list(@Option(names = "--vpg", paramLabel = "VPG", description = "Only of this VPG.") @Nullable String vpg)
            throws ApiException {
        JsonNode found = session.api().get("/recoveries" + (vpg == null ? "" : "?vpg=" + ApiClient.segment(vpg)));
        TextTable table = new TextTable("ID", "VPG", "TYPE", "STATE", "CHECKPOINT", "REQUESTED", "RTO", "RESULT");
        found.path("items")
                .forEach(each -> table.row(
                        each.path("id").asText(),
                        each.path("vpg").path("name").asText(),
                        each.path("type").asText().toLowerCase(Locale.ROOT),
                        state(each),
                        Human.text(each.path("checkpoint").path("time")),
                        Human.time(each.path("requestedAt")),
                        Human.seconds(each.path("recoveryTimeSeconds")),
                        Human.text(each.path("result"))));
        return session.show(found, table);
    }

    @Command(description = "Show one recovery.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "ID", description = "Id of the recovery.") String id) throws ApiException {
        JsonNode found = session.api().get("/recoveries/" + ApiClient.segment(id));
        return session.show(found, Details.of(found));
    }

    @Command(description = "Make a live failover final.", mixinStandardHelpOptions = true)
    int commit(
            @Parameters(paramLabel = "ID", description = "Id of the recovery.") String id,
            @Option(names = "--yes", description = "Do not ask.") boolean yes,
            @ArgGroup(exclusive = false) @Nullable Waiting waiting)
            throws ApiException {
        session.confirm(
                Session.Confirmation.of(yes),
                "The recovered VMs become the real ones; writes made at the source since the checkpoint are given up.",
                "commit");
        return finish(session.api().post("/recoveries/" + ApiClient.segment(id) + "/commit"), waiting);
    }

    @Command(description = "Undo a live failover.", mixinStandardHelpOptions = true)
    int rollback(
            @Parameters(paramLabel = "ID", description = "Id of the recovery.") String id,
            @Option(names = "--yes", description = "Do not ask.") boolean yes,
            @ArgGroup(exclusive = false) @Nullable Waiting waiting)
            throws ApiException {
        session.confirm(
                Session.Confirmation.of(yes),
                "The recovered VMs are removed, with everything written in them.",
                "rollback");
        return finish(session.api().post("/recoveries/" + ApiClient.segment(id) + "/rollback"), waiting);
    }

    @Command(description = "End a failover test and remove its VMs.", mixinStandardHelpOptions = true)
    int stop(
            @Parameters(paramLabel = "ID", description = "Id of the recovery.") String id,
            @Option(names = "--result", required = true, paramLabel = "RESULT", description = "passed or failed.")
                    String result,
            @Option(names = "--note", defaultValue = "", paramLabel = "TEXT", description = "What was found.")
                    String note,
            @ArgGroup(exclusive = false) @Nullable Waiting waiting)
            throws ApiException {
        ObjectNode request =
                Session.object().put("result", result.toUpperCase(Locale.ROOT)).put("note", note);
        return finish(session.api().post("/recoveries/" + ApiClient.segment(id) + "/stop", request), waiting);
    }
}
