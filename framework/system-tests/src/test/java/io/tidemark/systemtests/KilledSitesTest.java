package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two sites as processes, killed one after the other with SIGKILL while their guests write. */
final class KilledSitesTest {
    private static final String VPG = "shop";
    private static final long DISK_BYTES = 8L << 20;
    private static final Duration BACK_WITHIN = Duration.ofSeconds(60);

    /** What was known of the checkpoints at some time: the list as it was told, and what some of them showed. */
    private record Seen(List<JsonNode> listed, Map<Long, Map<String, String>> digests) {}

    @Test
    void checkpointsStayExactAndProtectionComesBackByItself() throws Exception {
        try (Workspace workspace = Workspace.make()) {
            Path guests = workspace.folder("guests");
            Path trace = workspace.folder("trace");
            List<VolumeId> volumes = makeGuests(workspace, guests);
            SiteProcess paris = SiteProcess.of(workspace, "killed-paris");
            SiteProcess lyon = SiteProcess.of(workspace, "killed-lyon");
            paris.start();
            lyon.start();
            paris.api()
                    .addHypervisor(
                            "lab",
                            "sim",
                            Map.of(
                                    "directory",
                                    guests.toString(),
                                    "workload-writes-per-second",
                                    "60",
                                    "trace-directory",
                                    trace.toString()));
            lyon.api().addHypervisor("lab", "sim", Map.of());
            paris.api().pairWith(lyon.api());
            paris.api().protect(VPG, List.of("orders", "stock"), "killed-lyon");

            lyon.api().awaitCheckpoints(VPG, 6, Polling.PATIENCE);
            Seen first = look(lyon, new GuestHistories(trace, volumes));
            killAndStart(lyon, lyon);
            verify(first, lyon);

            lyon.api().awaitCheckpoints(VPG, 4, Polling.PATIENCE);
            Seen second = look(lyon, new GuestHistories(trace, volumes));
            long event = paris.api().newestEvent();
            killAndStart(paris, lyon);
            verify(first, lyon);
            verify(second, lyon);
            // What was written while nobody listened was found by comparing.
            List<String> told = paris.api().toldSince(event, VPG);
            assertTrue(told.stream().anyMatch(text -> text.contains("is DELTA_SYNC")), told::toString);

            lyon.api().awaitCheckpoints(VPG, 4, Polling.PATIENCE);
            look(lyon, new GuestHistories(trace, volumes));
        }
    }

    /** The guests are there before the site is, as in life. */
    private static List<VolumeId> makeGuests(Workspace workspace, Path guests) throws Exception {
        List<VolumeId> volumes = new ArrayList<>();
        try (OpenHypervisor open =
                OpenHypervisor.open(workspace.folder("maker"), "sim", Map.of("directory", guests.toString()))) {
            HypervisorSite site = open.site();
            for (String name : List.of("orders", "stock")) {
                Deadline limit = Deadline.after(Polling.PATIENCE);
                try (SampleVm vm = site.sampleVms()
                        .orElseThrow()
                        .create(new SampleVmSpec(name, List.of(DISK_BYTES, DISK_BYTES)), OperationId.random(), limit)) {
                    site.inventory().find(vm.id(), limit).orElseThrow().volumes().stream()
                            .map(volume -> volume.id())
                            .forEach(volumes::add);
                }
            }
        }
        return volumes;
    }

    /** Lists the checkpoints and judges the oldest, the newest and the one between. */
    private static Seen look(SiteProcess site, GuestHistories histories) throws Exception {
        List<JsonNode> listed = site.api().checkpoints(VPG);
        Map<Long, Map<String, String>> digests = new LinkedHashMap<>();
        for (JsonNode each : List.of(listed.getFirst(), listed.get(listed.size() / 2), listed.getLast())) {
            long id = each.path("id").asLong();
            DiskViews views = FailoverTestViews.read(site.api(), VPG, id);
            histories.check(views);
            digests.put(id, views.digests());
        }
        return new Seen(listed, digests);
    }

    /** Protection has to come back by itself, with checkpoints of after the kill. */
    private static void killAndStart(SiteProcess killed, SiteProcess recoverySite) throws Exception {
        Instant before = Instant.now();
        killed.kill();
        killed.start();
        Polling.until(
                "a checkpoint of after the kill",
                BACK_WITHIN,
                () -> recoverySite.api().checkpoints(VPG).getLast().path("time").asText(),
                newest -> Instant.parse(newest).isAfter(before));
        recoverySite.api().awaitHypervisor("lab");
    }

    private static void verify(Seen before, SiteProcess site) throws Exception {
        List<JsonNode> now = site.api().checkpoints(VPG);
        assertTrue(now.containsAll(before.listed()), () -> before.listed() + " were listed before, now " + now);
        for (Map.Entry<Long, Map<String, String>> sample : before.digests().entrySet()) {
            assertEquals(
                    sample.getValue(),
                    FailoverTestViews.read(site.api(), VPG, sample.getKey()).digests(),
                    "checkpoint " + sample.getKey());
        }
    }
}
