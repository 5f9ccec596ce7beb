package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Two sites as processes, killed one after the other with SIGKILL, while real VMs under QEMU, which live on outside of them, write. */
final class KilledSitesKvmTest {
    private static final String VPG = "bank";
    private static final long DISK_BYTES = 8L << 20;
    private static final Duration BACK_WITHIN = Duration.ofSeconds(60);
    /** A write that waits for a capture server that is gone would wait for ever. */
    private static final Duration LONGEST_WRITE = Duration.ofSeconds(5);

    private final String suffix = UUID.randomUUID().toString().substring(0, 6);
    private final List<String> names = List.of("tm-db-" + suffix, "tm-app-" + suffix);

    /** A tagged checkpoint, and how many transactions were over before it was asked for and when it was there. */
    private record Tagged(JsonNode checkpoint, long before, long after) {}

    @Test
    void guestsGoOnAndProtectionHeals() throws Exception {
        try (Workspace workspace = Workspace.make()) {
            OpenHypervisor own = KvmHost.openOrSkip(workspace);
            List<SampleVm> guests = boot(workspace, own.site());
            SiteProcess paris = SiteProcess.of(workspace, "kvm-paris");
            SiteProcess lyon = SiteProcess.of(workspace, "kvm-lyon");
            paris.start();
            lyon.start();
            paris.api().addHypervisor("kvm", "kvm", KvmHost.settings(workspace, "paris"));
            lyon.api().addHypervisor("kvm", "kvm", KvmHost.settings(workspace, "lyon"));
            paris.api().pairWith(lyon.api());
            AppendingLoad load = workspace.closing(new AppendingLoad(guests, 1, Duration.ofMillis(30)));
            paris.api().protect(VPG, guests.stream().map(vm -> vm.id().value()).toList(), "kvm-lyon");
            lyon.api().awaitCheckpoints(VPG, 3, Polling.PATIENCE);
            Tagged tagged = tag(paris, load);
            List<JsonNode> listed = lyon.api().checkpoints(VPG);

            long event = paris.api().newestEvent();
            load.longestWrite();
            paris.kill();
            goOn(load, own.site(), guests);
            paris.start();
            awaitCheckpointAfter(Instant.now(), lyon);
            assertHealedByDeltaSync(paris, event);
            assertWrote(load);

            lyon.kill();
            goOn(load, own.site(), guests);
            lyon.start();
            awaitCheckpointAfter(Instant.now(), lyon);
            assertWrote(load);

            List<JsonNode> now = lyon.api().checkpoints(VPG);
            assertTrue(now.containsAll(listed), () -> listed + " were listed before, now " + now);
            lyon.api().awaitHypervisor("kvm");
            assertBoots(workspace, own.site(), lyon, tagged);
            load.close();
            for (SampleVm guest : guests) {
                assertEquals(new LedgerReport(load.transactions(), true), guest.report(0, soon()));
            }
        }
    }

    private static Deadline soon() {
        return Deadline.after(Polling.PATIENCE);
    }

    private List<SampleVm> boot(Workspace workspace, HypervisorSite site) throws Exception {
        SampleVms samples = site.sampleVms().orElseThrow();
        OperationId operation = OperationId.random();
        workspace.closing(() -> samples.removeAll(operation, soon()));
        List<SampleVm> guests = new ArrayList<>();
        for (String name : names) {
            guests.add(
                    workspace.closing(samples.create(new SampleVmSpec(name, List.of(DISK_BYTES)), operation, soon())));
        }
        return guests;
    }

    private static Tagged tag(SiteProcess paris, AppendingLoad load) throws Exception {
        long before = load.transactions();
        JsonNode made =
                paris.api().post("/vpgs/" + VPG + "/checkpoints", SiteApi.json().put("tag", "before"));
        return new Tagged(made, before, load.transactions());
    }

    /** Neither pause nor error in the guests. */
    private static void goOn(AppendingLoad load, HypervisorSite site, List<SampleVm> guests) throws Exception {
        long since = load.transactions();
        Polling.until("more transactions", Polling.PATIENCE, load::transactions, count -> count >= since + 20);
        assertWrote(load);
        for (SampleVm guest : guests) {
            assertEquals(PowerState.RUNNING, site.compute().power(guest.id(), soon()));
        }
    }

    private static void assertWrote(AppendingLoad load) {
        Duration longest = load.longestWrite();
        assertTrue(longest.isPositive(), "the guests wrote nothing");
        assertTrue(longest.compareTo(LONGEST_WRITE) < 0, () -> "a write took " + longest);
    }

    private static void awaitCheckpointAfter(Instant moment, SiteProcess lyon) throws Exception {
        Polling.until(
                "a checkpoint of after the restart",
                BACK_WITHIN,
                () -> lyon.api().checkpoints(VPG).getLast().path("time").asText(),
                newest -> Instant.parse(newest).isAfter(moment));
    }

    /** For each VM the VPG says what happened to it, and that it is over. */
    private void assertHealedByDeltaSync(SiteProcess paris, long event) throws Exception {
        List<String> told = paris.api().toldSince(event, VPG);
        for (String name : names) {
            String vm = "VM '" + name + "' in VPG '" + VPG + "' is ";
            for (String state : List.of("DELTA_SYNC: Comparing with the recovery site by checksum", "PROTECTED")) {
                assertTrue(
                        told.stream().anyMatch(text -> text.startsWith(vm + state)),
                        () -> "'" + vm + state + "' was not told: " + told);
            }
        }
        for (JsonNode member : paris.api().get("/vpgs/" + VPG).path("members")) {
            assertEquals("PROTECTED", member.path("state").asText(), member::toString);
        }
    }

    /** The recovered guests boot on the checkpoint, and what they find is what a power cut at its moment could have left. */
    private void assertBoots(Workspace workspace, HypervisorSite site, SiteProcess lyon, Tagged tagged)
            throws Exception {
        ObjectNode request = SiteApi.json().put("type", "TEST");
        request.putObject("checkpoint").put("id", tagged.checkpoint().path("id").asLong());
        JsonNode started = lyon.api().run("/vpgs/" + VPG + "/recoveries", request);
        OperationId operation = OperationId.parse(started.path("id").asText());
        // Removes what a failure below leaves behind; nothing is left otherwise.
        workspace.closing(() -> site.recoveryTarget().orElseThrow().discard(operation, soon()));
        String path = "/recoveries/" + operation;
        List<Long> lengths = new ArrayList<>();
        for (String name : names) {
            for (JsonNode vm : lyon.api().get(path).path("vms")) {
                if (vm.path("source").path("name").asText().equals(name)) {
                    lengths.add(length(site, new VmId(vm.path("id").asText())));
                }
            }
        }
        assertEquals(names.size(), lengths.size());
        long cause = lengths.get(0);
        long effect = lengths.get(1);
        assertTrue(cause == effect || cause == effect + 1, () -> "an effect without its cause: " + lengths);
        assertTrue(
                effect >= tagged.before() && cause <= tagged.after() + 1,
                () -> lengths + " is not between " + tagged.before() + " and " + tagged.after());
        lyon.api().run(path + "/stop", SiteApi.json().put("result", "PASSED"));
    }

    private static long length(HypervisorSite site, VmId vm) throws Exception {
        try (SampleVm recovered = site.sampleVms().orElseThrow().connect(vm, soon())) {
            LedgerReport report = recovered.report(0, soon());
            assertTrue(report.intact(), report::toString);
            return report.entries();
        }
    }
}
