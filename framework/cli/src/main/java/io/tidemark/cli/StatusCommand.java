package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tidemark status}: the site at a glance. */
@Command(name = "status", mixinStandardHelpOptions = true, description = "The site at a glance.")
final class StatusCommand implements Callable<Integer> {
    private final Session session;

    @Option(names = "--check", description = "End with 8 when a VPG misses its RPO or an alert is open.")
    private boolean check;

    StatusCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws ApiException {
        ObjectNode status = Session.object();
        status.set("meta", session.api().get("/meta"));
        status.set("health", session.api().get("/health"));
        status.set("sites", session.api().get("/sites").path("items"));
        status.set("vpgs", session.api().get("/vpgs").path("items"));
        status.set("alerts", session.api().get("/alerts").path("items"));
        List<String> breaches = new ArrayList<>();
        status.path("vpgs").forEach(vpg -> {
            JsonNode rpo = vpg.path("rpoSeconds");
            if (rpo.isNumber()
                    && rpo.asDouble()
                            > vpg.path("policy").path("targetRpoSeconds").asDouble()) {
                breaches.add("VPG " + vpg.path("name").asText() + " has an RPO of " + Human.seconds(rpo));
            }
        });
        status.path("alerts").forEach(alert -> breaches.add(alert.path("text").asText()));
        session.show(status, () -> tell(status));
        if (check && !breaches.isEmpty()) {
            throw new Failure(
                    ExitCode.BREACH,
                    "The site does not meet its service levels",
                    String.join("; ", breaches),
                    "Look into the VPGs and events.");
        }
        return ExitCode.OK.number();
    }

    private void tell(JsonNode status) {
        JsonNode meta = status.path("meta");
        session.out.println("Site " + meta.path("site").path("name").asText() + " (Tidemark "
                + meta.path("version").asText() + ") is "
                + status.path("health").path("status").asText().toLowerCase(Locale.ROOT) + "; "
                + (status.path("sites").size() - 1)
                + " peer(s), " + status.path("vpgs").size() + " VPG(s), "
                + status.path("alerts").size() + " alert(s).");
        TextTable table = new TextTable("VPG", "STATE", "ROLE", "RPO", "TARGET");
        status.path("vpgs")
                .forEach(vpg -> table.row(
                        vpg.path("name").asText(),
                        vpg.path("state").asText().toLowerCase(Locale.ROOT),
                        vpg.path("role").asText().toLowerCase(Locale.ROOT),
                        Human.seconds(vpg.path("rpoSeconds")),
                        Human.seconds(vpg.path("policy").path("targetRpoSeconds"))));
        if (!status.path("vpgs").isEmpty()) {
            table.print(session.out);
        }
        status.path("alerts")
                .forEach(alert -> session.out.println("! " + alert.path("text").asText()));
    }
}
