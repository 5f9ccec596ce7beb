package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VolumeDescription;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One VM in two VPGs with a recovery site each: what happens to one lane is nothing to the other, nor to the guest. */
final class TwoRecoverySitesTest {
    private static final long DISK_BYTES = 16L << 20;
    /** Far below the time limits of any connection: a guest that waits for a site would wait longer. */
    private static final Duration LONGEST_WRITE = Duration.ofSeconds(5);

    @Test
    void aDeadSiteHurtsNeitherTheOtherLaneNorTheGuestAndHealsWhenItIsBack() throws Exception {
        try (Workspace workspace = Workspace.make()) {
            SiteServer west = SiteServer.start(workspace, "west");
            SiteServer east = SiteServer.start(workspace, "east");
            SiteServer south = SiteServer.start(workspace, "south");
            for (SiteServer site : List.of(west, east, south)) {
                site.api().addHypervisor("lab", "sim", Map.of());
            }
            west.api().pairWith(east.api());
            west.api().pairWith(south.api());
            HypervisorSite hypervisor = west.hypervisor("lab");
            SampleVm guest = workspace.closing(hypervisor
                    .sampleVms()
                    .orElseThrow()
                    .create(new SampleVmSpec("db", List.of(DISK_BYTES, DISK_BYTES)), OperationId.random(), soon()));
            List<VolumeId> volumes = hypervisor.inventory().find(guest.id(), soon()).orElseThrow().volumes().stream()
                    .map(VolumeDescription::id)
                    .toList();
            AppendingLoad load = workspace.closing(new AppendingLoad(List.of(guest), 2, Duration.ofMillis(10)));
            VpgId toEast = id(west.api().protect("to-east", List.of("db"), "east"));
            VpgId toSouth = id(west.api().protect("to-south", List.of("db"), "south"));
            // Both are of the same source: neither took the capture from the other.
            assertTaggedIsTheSource(load, west, hypervisor, volumes, "to-east", toEast, east);
            assertTaggedIsTheSource(load, west, hypervisor, volumes, "to-south", toSouth, south);

            load.longestWrite();
            south.stop();
            west.api().until("the loss told", "/vpgs/to-south", Polling.PATIENCE, TwoRecoverySitesTest::isDegraded);
            east.api().awaitCheckpoints("to-east", 5, Polling.PATIENCE);
            assertEquals(
                    "PROTECTED",
                    west.api()
                            .get("/vpgs/to-east")
                            .path("members")
                            .path(0)
                            .path("state")
                            .asText());
            assertTaggedIsTheSource(load, west, hypervisor, volumes, "to-east", toEast, east);
            assertWrote(load);

            Instant back = Instant.now();
            south.startAgain();
            Polling.until(
                    "a checkpoint at the site that is back",
                    Polling.PATIENCE,
                    () -> south.api().checkpoints("to-south"),
                    list -> Instant.parse(list.getLast().path("time").asText()).isAfter(back));
            assertWrote(load);
            assertTaggedIsTheSource(load, west, hypervisor, volumes, "to-south", toSouth, south);
            assertTaggedIsTheSource(load, west, hypervisor, volumes, "to-east", toEast, east);
            load.close();
            long written = load.transactions();
            assertEquals(new SampleVm.LedgerReport(written, true), guest.report(0, soon()));
        }
    }

    private static Deadline soon() {
        return Deadline.after(Polling.PATIENCE);
    }

    private static VpgId id(JsonNode vpg) {
        return VpgId.parse(vpg.path("id").asText());
    }

    private static boolean isDegraded(JsonNode vpg) {
        JsonNode member = vpg.path("members").path(0);
        return member.path("state").asText().equals("DEGRADED")
                && !member.path("detail").asText().isEmpty();
    }

    private static void assertWrote(AppendingLoad load) throws Exception {
        Duration longest = load.longestWrite();
        assertTrue(longest.isPositive(), "the guest wrote nothing");
        assertTrue(longest.compareTo(LONGEST_WRITE) < 0, () -> "a write took " + longest);
    }

    /** The guest rests while the tag is made, so that the source is the same before and after. */
    private static void assertTaggedIsTheSource(
            AppendingLoad load,
            SiteServer source,
            HypervisorSite hypervisor,
            List<VolumeId> volumes,
            String vpg,
            VpgId id,
            SiteServer recovery)
            throws Exception {
        // A tag may meet a sync that is not over yet.
        source.api().until("continuity of " + vpg, "/vpgs/" + vpg, Polling.PATIENCE, now -> now.path("members")
                .path(0)
                .path("state")
                .asText()
                .equals("PROTECTED"));
        Map<VolumeId, byte[]> contents = new LinkedHashMap<>();
        long checkpoint = load.whileQuiet(() -> {
            long made = source.api()
                    .post("/vpgs/" + vpg + "/checkpoints", SiteApi.json().put("tag", "quiet"))
                    .path("id")
                    .asLong();
            for (VolumeId volume : volumes) {
                contents.put(volume, read(hypervisor, volume));
            }
            return made;
        });
        assertEquals(
                new DiskViews(contents).digests(),
                DiskViews.read(recovery.server().journals(), id, checkpoint).digests(),
                "checkpoint " + checkpoint + " of " + vpg);
    }

    private static byte[] read(HypervisorSite hypervisor, VolumeId volume) throws Exception {
        try (BlockDevice device = hypervisor.volumeReader().orElseThrow().openLive(volume, soon())) {
            ByteBuffer contents = ByteBuffer.allocate(Math.toIntExact(device.sizeBytes()));
            device.read(0, contents);
            return contents.array();
        }
    }
}
