package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark vpg}: virtual protection groups. */
@Command(
        name = "vpg",
        mixinStandardHelpOptions = true,
        description = "VPGs: virtual machines that are protected together.")
final class VpgCommand {
    private final Session session;

    VpgCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List the VPGs.", mixinStandardHelpOptions = true)
    int list() throws ApiException {
        JsonNode found = session.api().get("/vpgs");
        TextTable table =
                new TextTable("NAME", "STATE", "ROLE", "PEER", "VMS", "RPO", "TARGET", "CHECKPOINTS", "JOURNAL");
        found.path("items")
                .forEach(vpg -> table.row(
                        vpg.path("name").asText(),
                        vpg.path("state").asText().toLowerCase(Locale.ROOT),
                        vpg.path("role").asText().toLowerCase(Locale.ROOT),
                        vpg.path("peer").path("name").asText(),
                        Integer.toString(vpg.path("members").size()),
                        Human.seconds(vpg.path("rpoSeconds")),
                        Human.seconds(vpg.path("policy").path("targetRpoSeconds")),
                        Human.text(vpg.path("journal").path("checkpoints")),
                        vpg.path("journal").isObject()
                                ? Human.size(
                                        vpg.path("journal").path("journalBytes").asLong())
                                : "-"));
        return session.show(found, table);
    }

    @Command(description = "Show one VPG.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "VPG", description = "Name or id.") String vpg) throws ApiException {
        JsonNode found = session.api().get(path(vpg));
        return session.show(found, VpgDetails.of(found));
    }

    @Command(description = "Protect VMs together.", mixinStandardHelpOptions = true)
    int create(
            @Parameters(paramLabel = "NAME", description = "Name of the new VPG.") String name,
            @Option(names = "--vm", required = true, paramLabel = "VM", description = "Name or id; may be repeated.")
                    List<String> vms,
            @Option(
                            names = "--to",
                            required = true,
                            paramLabel = "SITE",
                            description = "Recovery site: name or id of a peer.")
                    String site,
            @Option(names = "--on", paramLabel = "HYPERVISOR", description = "Hypervisor of the recovery site.")
                    @Nullable String hypervisor,
            @Mixin PolicyOptions policy,
            @Option(names = "--dry-run", description = "Say what would be done; change nothing.") boolean dryRun,
            @Option(names = "--no-wait", description = "Do not wait until protection has started.") boolean noWait,
            @Option(
                            names = "--timeout",
                            defaultValue = "300",
                            paramLabel = "SECONDS",
                            description = "How long to wait (default: 300).")
                    int timeoutSeconds)
            throws ApiException {
        ObjectNode request = Session.object().put("name", name);
        ArrayNode members = request.putArray("vms");
        vms.forEach(members::add);
        request.put("recoverySite", site);
        if (hypervisor != null) {
            request.put("recoveryHypervisor", hypervisor);
        }
        policy.addTo(request.putObject("policy"));
        if (dryRun) {
            JsonNode plan = session.api().post("/vpgs?dryRun=true", request);
            return session.show(plan, Details.of(plan));
        }
        JsonNode started = session.api().post("/vpgs", request);
        if (noWait) {
            return session.show(
                    started,
                    () -> session.out.println("VPG " + name + " is being created; follow it with 'tidemark task watch "
                            + started.path("task").asText() + "'."));
        }
        session.follow(started.path("task").asText(), Duration.ofSeconds(timeoutSeconds));
        JsonNode vpg = session.api().get(path(name));
        return session.show(
                vpg,
                () -> session.out.println("VPG " + name + " is created: "
                        + vpg.path("state").asText().toLowerCase(Locale.ROOT) + ". Follow it with 'tidemark vpg watch "
                        + name + "'."));
    }

    @Command(
            description = "Change how a VPG is protected; what is not named stays. Journals act on it at once.",
            mixinStandardHelpOptions = true)
    int update(@Parameters(paramLabel = "VPG", description = "Name or id.") String vpg, @Mixin PolicyOptions policy)
            throws ApiException {
        ObjectNode request = Session.object();
        policy.addTo(request.putObject("policy"));
        if (request.path("policy").isEmpty()) {
            throw new IllegalArgumentException(
                    "nothing is to be changed; 'tidemark vpg update --help' lists what can be");
        }
        JsonNode changed = session.api().patch(path(vpg), request);
        return session.show(changed, VpgDetails.of(changed));
    }

    @Command(
            description = {
                "Read all journals of a VPG and find the checkpoints that need what is damaged.",
                "Exit code 8 when some cannot be chosen. Beside protection, which goes on."
            },
            mixinStandardHelpOptions = true)
    int scrub(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Option(names = "--no-wait", description = "Do not wait for the end.") boolean noWait,
            @Option(
                            names = "--timeout",
                            defaultValue = "86400",
                            paramLabel = "SECONDS",
                            description = "How long to wait (default: a day).")
                    int timeoutSeconds)
            throws ApiException {
        JsonNode task = session.api().post(path(vpg) + "/journal/scrub");
        String id = task.path("id").asText();
        if (noWait) {
            return session.show(
                    task,
                    () -> session.out.println("The journals of VPG " + vpg
                            + " are being scrubbed; follow it with 'tidemark task watch " + id + "'."));
        }
        JsonNode end = session.follow(id, Duration.ofSeconds(timeoutSeconds));
        long damaged = session.api()
                .get(path(vpg))
                .path("journal")
                .path("damagedCheckpoints")
                .asLong();
        // The steps were told while they ran.
        JsonNode steps = end.path("steps");
        int shown = session.show(
                end,
                () -> session.out.println("VPG " + vpg + " is scrubbed: "
                        + steps.path(steps.size() - 1).path("message").asText() + "."));
        return damaged > 0 ? ExitCode.BREACH.number() : shown;
    }

    @Command(
            description = "End protection; deletes the journals with all checkpoints unless told to keep them.",
            mixinStandardHelpOptions = true)
    int delete(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Option(names = "--keep-journals", description = "The checkpoints stay at the recovery site.")
                    boolean keepJournals,
            @Option(
                            names = "--forget-peer",
                            description = "Go on when the other site does not answer; it keeps what it has.")
                    boolean forgetPeer,
            @Option(names = "--yes", description = "Do not ask.") boolean yes,
            @Option(names = "--no-wait", description = "Do not wait for the end.") boolean noWait,
            @Option(
                            names = "--timeout",
                            defaultValue = "300",
                            paramLabel = "SECONDS",
                            description = "How long to wait (default: 300).")
                    int timeoutSeconds)
            throws ApiException {
        session.confirm(
                Session.Confirmation.of(yes),
                "Protection of VPG " + vpg + " ends" + (keepJournals ? "." : " and all its checkpoints are deleted."),
                vpg);
        JsonNode task = session.api()
                .delete(path(vpg) + "?journals=" + (keepJournals ? "KEEP" : "DELETE") + "&peerAbsence="
                        + (forgetPeer ? "FORGET" : "FAIL"));
        if (noWait) {
            return session.show(
                    task,
                    () -> session.out.println("VPG " + vpg + " is being deleted: task "
                            + task.path("id").asText() + "."));
        }
        JsonNode end = session.follow(task.path("id").asText(), Duration.ofSeconds(timeoutSeconds));
        return session.show(end, () -> session.out.println("VPG " + vpg + " is deleted."));
    }

    @Command(
            description = "Stop capturing until resumed; checkpoints stay selectable.",
            mixinStandardHelpOptions = true)
    int pause(@Parameters(paramLabel = "VPG", description = "Name or id.") String vpg) throws ApiException {
        return changed(session.api().post(path(vpg) + "/pause"));
    }

    @Command(description = "Go on after a pause, with a sync.", mixinStandardHelpOptions = true)
    int resume(@Parameters(paramLabel = "VPG", description = "Name or id.") String vpg) throws ApiException {
        return changed(session.api().post(path(vpg) + "/resume"));
    }

    private int changed(JsonNode vpg) {
        return session.show(
                vpg,
                () -> session.out.println("VPG " + vpg.path("name").asText() + " is "
                        + vpg.path("state").asText().toLowerCase(Locale.ROOT) + "."));
    }

    @Command(description = "Print a line about a VPG again and again.", mixinStandardHelpOptions = true)
    int watch(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Option(
                            names = "--interval",
                            defaultValue = "2",
                            paramLabel = "SECONDS",
                            description = "Time between lines (default: 2).")
                    int intervalSeconds,
            @Option(
                            names = "--count",
                            defaultValue = "0",
                            paramLabel = "N",
                            description = "Lines to print; 0 for no end (default).")
                    int count)
            throws ApiException, InterruptedException {
        for (int line = 0; count == 0 || line < count; line++) {
            if (line > 0) {
                Thread.sleep(Duration.ofSeconds(intervalSeconds));
            }
            JsonNode now = session.api().get(path(vpg));
            session.show(now, () -> session.out.println(line(now)));
            session.out.flush();
        }
        return ExitCode.OK.number();
    }

    private static String line(JsonNode vpg) {
        long lag = 0;
        long synced = 0;
        long total = 0;
        for (JsonNode member : vpg.path("members")) {
            lag += member.path("lagBytes").asLong();
            synced += member.path("syncedBytes").asLong();
            total += member.path("syncTotalBytes").asLong();
        }
        return LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + "  "
                + vpg.path("name").asText() + "  "
                + vpg.path("state").asText().toLowerCase(Locale.ROOT)
                + "  RPO " + Human.seconds(vpg.path("rpoSeconds")) + "  lag " + Human.size(lag)
                + (total > 0 ? "  synced " + Human.size(synced) + " of " + Human.size(total) : "");
    }

    static String path(String vpg) {
        return "/vpgs/" + ApiClient.segment(vpg);
    }
}
