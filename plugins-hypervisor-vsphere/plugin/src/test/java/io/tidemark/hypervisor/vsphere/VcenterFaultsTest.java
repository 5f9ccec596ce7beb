package io.tidemark.hypervisor.vsphere;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.inventory.InventoryFeed;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext.Severity;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The vCenter forgets us, changes under us, answers in pieces, shows another certificate, and breaks connections. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class VcenterFaultsTest {
    private static final Duration SOON = Duration.ofSeconds(2);

    @SuppressWarnings("NullAway.Init") // set before the first test
    private Scene scene;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private SampleVm vm;

    @BeforeAll
    void bootVm() throws Exception {
        scene = new Scene(Map.of());
        vm = scene.boot("faulty", 1);
    }

    @AfterAll
    void close() throws Exception {
        scene.close();
    }

    private VmDescription found() throws Exception {
        return scene.site().inventory().find(vm.id(), Scene.deadline()).orElseThrow();
    }

    @Test
    void anEndedSessionIsRenewed() throws Exception {
        found();
        try (BlockDevice disk = scene.site()
                .volumeReader()
                .orElseThrow()
                .openLive(found().volumes().getFirst().id(), Scene.deadline())) {
            scene.endOtherSessions();
            disk.read(0, ByteBuffer.allocate(4096));
            scene.endOtherSessions();
            assertEquals(vm.id(), found().id());
            scene.endOtherSessions();
            scene.site().compute().start(vm.id(), Scene.deadline());
            scene.endOtherSessions();
            disk.read(4096, ByteBuffer.allocate(4096));
        }
        scene.endOtherSessions();
        // Between two pages of the inventory, too.
        try (VimSession own = scene.subject().secondClient()) {
            InventoryFeed feed = new InventoryFeed(own, 1);
            feed.current(Scene.deadline());
            scene.endOtherSessions();
            assertTrue(feed.current(Scene.deadline()).vm(vm.id()).isPresent());
        }
    }

    @Test
    void whatOthersChangeIsSeenWithinTwoSeconds() throws Exception {
        VmId id = scene.boot("changed", 2).id();
        scene.reconfigure(
                id, spec -> spec.text("name", "renamed").text("numCPUs", 3).text("memoryMB", 96));
        Scene.within(
                SOON,
                "new name, processors and memory",
                () -> describe(id).name().equals("renamed")
                        && describe(id).hardware().processors() == 3
                        && describe(id).hardware().memoryBytes() == 96L << 20);
        scene.operate("PowerOffVM_Task", scene.seen(id).ref(), body -> {});
        Scene.within(SOON, "power", () -> describe(id).power() == PowerState.OFF);
        int key = scene.seen(id).disks().getLast().key();
        scene.reconfigure(
                id,
                spec -> spec.element("deviceChange", change -> change.text("operation", "remove")
                        .typed("device", "VirtualDisk", device -> device.text("key", key))));
        Scene.within(SOON, "a disk less", () -> describe(id).volumes().size() == 1);
        scene.reconfigure(
                id,
                spec -> spec.element("deviceChange", change -> change.text("operation", "add")
                        .typed("device", "VirtualCdrom", device -> device.text("key", -1)
                                .typed("backing", "VirtualCdromRemotePassthroughBackingInfo", backing -> backing.text(
                                                "deviceName", "")
                                        .text("exclusive", "false"))
                                .text("controllerKey", 200)
                                .text("unitNumber", 0))));
        Scene.within(SOON, "a CD drive, with the reason why it is left out", () -> describe(id).skipped().stream()
                .anyMatch(
                        each -> each.device().startsWith("ide") && each.reason().contains("CD/DVD")));
        scene.operate("Destroy_Task", scene.seen(id).ref(), body -> {});
        Scene.within(
                SOON,
                "its end",
                () -> scene.site().inventory().find(id, Scene.deadline()).isEmpty());
    }

    private VmDescription describe(VmId id) throws Exception {
        return scene.site().inventory().find(id, Scene.deadline()).orElseThrow();
    }

    @Test
    void answersInPiecesGiveTheSameInventory() throws Exception {
        for (int i = 0; i < 4; i++) {
            scene.boot("piece-" + i, 1);
        }
        try (VimSession own = scene.subject().secondClient()) {
            InventoryFeed small = new InventoryFeed(own, 1);
            InventoryFeed large = new InventoryFeed(own, 100);
            assertEquals(names(large), names(small));
            VmId changed = large.current(Scene.deadline()).vms().getFirst().id();
            scene.reconfigure(changed, spec -> spec.text("name", "aaa-in-pieces"));
            scene.boot("piece-later", 1);
            assertEquals(names(large), names(small));
            assertTrue(names(small).containsAll(List.of("aaa-in-pieces", "piece-later")), () -> "missing a change");
            scene.reconfigure(changed, spec -> spec.text("name", "faulty-again"));
            assertEquals(names(large), names(small));
        }
    }

    private static List<String> names(InventoryFeed feed) {
        try {
            return feed.current(Scene.deadline()).vms().stream()
                    .map(VsphereVm::name)
                    .toList();
        } catch (ProviderException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void questionsSurviveABrokenAnswer() throws Exception {
        found();
        for (int bytes = 0; bytes < 1500; bytes += 97) {
            scene.subject().relay().breakAnswerAfter(bytes);
            assertEquals(vm.id(), found().id(), "broken after " + bytes + " bytes");
        }
        while (scene.subject().relay().breakIsPending()) {
            found();
        }
        scene.subject().relay().breakConnections();
        assertEquals(vm.id(), found().id());
    }

    @Test
    void ordersWithABrokenAnswerFailAndCanBeRepeated() throws Exception {
        VmId id = scene.boot("ordered", 1).id();
        scene.site().compute().powerOff(id, Scene.deadline());
        int failed = 0;
        for (int bytes = 40; bytes < 6000; bytes += 397) {
            boolean start = bytes % 2 == 0;
            scene.subject().relay().breakAnswerAfter(bytes);
            try {
                power(id, start);
            } catch (ProviderException broken) {
                failed++;
                assertEquals(FailureKind.UNREACHABLE, broken.kind(), broken.getMessage());
                assertFalse(broken.remedy().isBlank());
            }
            while (scene.subject().relay().breakIsPending()) {
                found();
            }
            power(id, start);
            assertEquals(
                    start ? PowerState.RUNNING : PowerState.OFF,
                    scene.site().compute().power(id, Scene.deadline()));
        }
        assertTrue(failed > 0, "no order met the break: the test proves nothing");
    }

    private void power(VmId id, boolean on) throws ProviderException {
        if (on) {
            scene.site().compute().start(id, Scene.deadline());
        } else {
            scene.site().compute().powerOff(id, Scene.deadline());
        }
    }

    @Test
    void anotherCertificateIsRefusedAlsoAfterARestart() throws Exception {
        try (Relay relay = new Relay(scene.subject().vcenter().port())) {
            Path state = Files.createDirectory(scene.subject().datastore().resolveSibling("pinned"));
            TckProviderContext context = new TckProviderContext(
                    "pinned", state, scene.subject().context().blockNetwork());
            ProviderConfig config =
                    scene.subject().with(Map.of("url", "https://127.0.0.1:" + relay.port() + "/sdk", "thumbprint", ""));
            HypervisorSite site = open(config, context);
            try {
                assertEquals(1, warningsOf(context).size(), "the operator is told once whom we trust");
                String told = warningsOf(context).getFirst();
                assertTrue(told.contains(scene.subject().vcenter().thumbprint()), told);
                Path other = Files.createDirectory(scene.subject().datastore().resolveSibling("other"));
                try (VcenterProcess impostor = VcenterProcess.start(other)) {
                    relay.retarget(impostor.port());
                    assertMismatch(
                            assertThrows(ProviderException.class, () -> site.inventory()
                                    .list(Scene.deadline())),
                            impostor);
                    assertMismatch(
                            assertThrows(ProviderException.class, () -> open(config, context)
                                    .close()),
                            impostor);
                }
                relay.retarget(scene.subject().vcenter().port());
                site.checkHealth(Scene.deadline());
                open(config, context).close();
                assertEquals(1, warningsOf(context).size(), "known by now");
            } finally {
                site.close();
            }
        }
    }

    private static List<String> warningsOf(TckProviderContext context) {
        return context.events().stream()
                .filter(each -> each.severity() == Severity.WARNING)
                .map(TckProviderContext.Event::message)
                .toList();
    }

    private static void assertMismatch(ProviderException refusal, VcenterProcess impostor) {
        assertEquals(FailureKind.REJECTED, refusal.kind(), refusal.getMessage());
        assertTrue(refusal.why().contains(impostor.thumbprint()), refusal.why());
    }

    private HypervisorSite open(ProviderConfig config, TckProviderContext context) throws ProviderException {
        return scene.subject().factory().open(config, context, Scene.deadline());
    }
}
