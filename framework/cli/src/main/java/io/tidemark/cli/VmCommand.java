package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tidemark vm}: the VMs of a site. */
@Command(name = "vm", mixinStandardHelpOptions = true, description = "The virtual machines of the site.")
final class VmCommand {
    private final Session session;

    VmCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List the VMs.", mixinStandardHelpOptions = true)
    int list() throws ApiException {
        JsonNode found = session.api().get("/vms");
        TextTable table = new TextTable("NAME", "HYPERVISOR", "POWER", "DISKS", "SIZE", "VPGS", "ID");
        found.path("items").forEach(vm -> {
            List<String> vpgs = new ArrayList<>();
            vm.path("vpgs").forEach(vpg -> vpgs.add(vpg.path("name").asText()));
            long bytes = 0;
            for (JsonNode volume : vm.path("volumes")) {
                bytes += volume.path("sizeBytes").asLong();
            }
            table.row(
                    vm.path("name").asText(),
                    vm.path("hypervisor").asText(),
                    vm.path("power").asText().toLowerCase(Locale.ROOT),
                    Integer.toString(vm.path("volumes").size()),
                    Human.size(bytes),
                    vpgs.isEmpty() ? "-" : String.join(",", vpgs),
                    vm.path("id").asText());
        });
        found.path("unavailable")
                .forEach(each -> session.err.println(
                        "Missing: the VMs of " + each.path("hypervisor").asText() + ". "
                                + each.path("reason").asText()));
        return session.show(found, table);
    }

    @Command(description = "Show one VM.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "VM", description = "Name or id.") String vm) throws ApiException {
        JsonNode found = session.api().get("/vms/" + ApiClient.segment(vm));
        return session.show(found, Details.of(found));
    }
}
