package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VolumeDescription;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Checkpoints chosen at random out of a run under load: each shows a state that a power cut of both VMs at one moment could have left. The
 * choice is replayed with {@code -Dtidemark.seed=N}.
 */
final class RandomCheckpointsTest {
    private static final String VPG = "shop";
    private static final long DISK_BYTES = 8L << 20;
    private static final int CHECKPOINTS = 26;
    private static final int CHOSEN = 20;
    private static final String WRITES_PER_SECOND = "60";

    @Test
    @SuppressWarnings("SystemOut") // the seed has to be seen where nothing failed, too
    void eachIsAConsistentCutOfBothVms() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("RandomCheckpointsTest: -Dtidemark.seed=" + seed);
        try (Workspace workspace = Workspace.make()) {
            SiteServer west = SiteServer.start(workspace, "west");
            SiteServer east = SiteServer.start(workspace, "east");
            Path trace = workspace.folder("trace");
            west.api()
                    .addHypervisor(
                            "lab",
                            "sim",
                            Map.of(
                                    "workload-writes-per-second",
                                    WRITES_PER_SECOND,
                                    "trace-directory",
                                    trace.toString()));
            east.api().addHypervisor("lab", "sim", Map.of());
            east.api().pairWith(west.api());
            HypervisorSite hypervisor = west.hypervisor("lab");
            List<SampleVm> vms = List.of(
                    workspace.closing(boot(hypervisor, "orders")), workspace.closing(boot(hypervisor, "stock")));
            List<VolumeId> volumes = volumesOf(hypervisor, vms);
            JsonNode vpg = west.api().protect(VPG, List.of("orders", "stock"), "east");
            int transactions = workUntil(west, vms);

            List<JsonNode> checkpoints = new ArrayList<>(east.api().checkpoints(VPG));
            Collections.shuffle(checkpoints, new Random(seed));
            List<Long> chosen = checkpoints.stream()
                    .limit(CHOSEN)
                    .map(each -> each.path("id").asLong())
                    .sorted()
                    .toList();
            assertEquals(CHOSEN, chosen.size());
            GuestHistories histories = new GuestHistories(trace, volumes);
            VpgId id = VpgId.parse(vpg.path("id").asText());
            DiskViews oldest = DiskViews.read(east.server().journals(), id, chosen.getFirst());
            DiskViews newest = oldest;
            int held = 0;
            for (long checkpoint : chosen) {
                newest = DiskViews.read(east.server().journals(), id, checkpoint);
                int now = histories.check(newest);
                assertTrue(now >= held, "checkpoint " + checkpoint + " holds less than one before it");
                held = now;
            }
            assertTrue(held > 2 * transactions, held + " writes in the newest one, after " + transactions + " × 4");
            // The judge must object when the disks are not of one moment.
            DiskViews mixed = newest.with(volumes.getLast(), oldest);
            assertThrows(AssertionError.class, () -> histories.check(mixed));
        }
    }

    private static SampleVm boot(HypervisorSite hypervisor, String name) throws Exception {
        return hypervisor
                .sampleVms()
                .orElseThrow()
                .create(new SampleVmSpec(name, List.of(DISK_BYTES, DISK_BYTES)), OperationId.random(), soon());
    }

    private static Deadline soon() {
        return Deadline.after(Polling.PATIENCE);
    }

    private static List<VolumeId> volumesOf(HypervisorSite hypervisor, List<SampleVm> vms) throws Exception {
        List<VolumeId> volumes = new ArrayList<>();
        for (SampleVm vm : vms) {
            hypervisor.inventory().find(vm.id(), soon()).orElseThrow().volumes().stream()
                    .map(VolumeDescription::id)
                    .forEach(volumes::add);
        }
        return volumes;
    }

    /** Besides what the guests do by themselves: transactions that go through all four disks, each step after the one before. */
    private static int workUntil(SiteServer west, List<SampleVm> vms) throws Exception {
        long end = System.nanoTime() + Polling.PATIENCE.toNanos();
        int transactions = 0;
        while (transactions % 20 != 0 || west.api().checkpoints(VPG).size() < CHECKPOINTS) {
            assertTrue(System.nanoTime() - end < 0, "not enough checkpoints");
            transactions++;
            for (SampleVm vm : vms) {
                vm.append(0, transactions, soon());
                vm.append(1, transactions, soon());
            }
            Thread.sleep(20); // leaves the disk some room for the rest of the run
        }
        return transactions;
    }
}
