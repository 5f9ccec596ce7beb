package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A failover that shuts the source down first loses nothing, and its rollback gives the source back as it was. */
class SourceShutdownTest {
    private static final long ENTRIES = 40;

    @Test
    void failoverAfterAShutdownLosesNothingAndARollbackStartsTheSourceAgain() throws Exception {
        try (Workspace workspace = Workspace.make()) {
            SiteServer west = SiteServer.start(workspace, "west");
            SiteServer east = SiteServer.start(workspace, "east");
            west.api().addHypervisor("lab", "sim", Map.of());
            east.api().addHypervisor("lab", "sim", Map.of());
            west.api().pairWith(east.api());
            SampleVms samples = west.hypervisor("lab").sampleVms().orElseThrow();
            SampleVm source = workspace.closing(
                    samples.create(new SampleVmSpec("db", List.of(8L << 20)), OperationId.random(), soon()));
            west.api().protect("erp", List.of("db"), "east");

            // The last entry is acknowledged a moment before the failover: no checkpoint holds it yet.
            for (long number = 1; number <= ENTRIES; number++) {
                source.append(0, number, soon());
            }
            JsonNode recovery = failOver(east);
            assertEquals(new LedgerReport(ENTRIES, true), ledger(east, recovery), recovery::toString);
            assertEquals("OFF", power(west, source.id()));
            // The source site hears a moment later that the recovery is no longer at work; that a VM is off ends no
            // continuity.
            west.api().until("protection of a VM that is off", "/vpgs/erp", Polling.PATIENCE, vpg -> vpg.path("state")
                    .asText()
                    .equals("PROTECTED"));

            east.api().run("/recoveries/" + recovery.path("id").asText() + "/rollback", SiteApi.json());
            assertEquals("RUNNING", power(west, source.id()));
            try (SampleVm again = samples.connect(source.id(), soon())) {
                again.append(0, ENTRIES + 1, soon());
            }
            west.api().awaitCheckpoints("erp", 2, Polling.PATIENCE);
            JsonNode second = failOver(east);
            assertEquals(new LedgerReport(ENTRIES + 1, true), ledger(east, second), second::toString);
            east.api().run("/recoveries/" + second.path("id").asText() + "/rollback", SiteApi.json());
        }
    }

    private static JsonNode failOver(SiteServer east) throws Exception {
        ObjectNode request = SiteApi.json().put("type", "FAILOVER").put("sourceShutdown", "FORCED");
        request.putObject("checkpoint").put("latest", true);
        request.putObject("commit").put("policy", "NONE");
        JsonNode started = east.api().run("/vpgs/erp/recoveries", request);
        JsonNode recovery = east.api().get("/recoveries/" + started.path("id").asText());
        assertEquals("UNCOMMITTED", recovery.path("state").asText(), recovery::toString);
        return recovery;
    }

    private static LedgerReport ledger(SiteServer site, JsonNode recovery) throws Exception {
        VmId recovered = new VmId(recovery.path("vms").path(0).path("id").asText());
        SampleVms samples = site.hypervisor("lab").sampleVms().orElseThrow();
        try (SampleVm guest = samples.connect(recovered, soon())) {
            return guest.report(0, soon());
        }
    }

    private static String power(SiteServer site, VmId vm) throws Exception {
        return site.api().get("/vms/" + vm.value()).path("power").asText();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1));
    }
}
