package io.tidemark.server.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.pluginhost.PluginHost;
import io.tidemark.pluginhost.PluginHostConfig;
import io.tidemark.server.host.HypervisorInstances.State;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the real plugin host and the simulator's real zip. */
class HypervisorInstancesTest {
    private static final Path PLUGINS = Path.of("target", "test-plugins");

    private final Path folder;
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final PluginHost plugins;
    private final NbdBlockNetwork network;
    private final HypervisorInstances instances;

    HypervisorInstancesTest(@TempDir Path folder) throws Exception {
        this.folder = folder;
        plugins = new PluginHost(PluginHostConfig.unsigned(PLUGINS, folder.resolve("work")));
        network = NbdBlockNetwork.open(folder);
        instances = new HypervisorInstances(
                plugins,
                new HypervisorInstances.Environment(
                        "test",
                        Clock.systemUTC(),
                        folder.resolve("state"),
                        network,
                        (instance, severity, message) -> events.add(severity + " " + message)));
    }

    @BeforeEach
    void simulatorIsThere() {
        assertTrue(
                plugins.plugins().stream().anyMatch(each -> each.provides().contains("hypervisor:sim")),
                () -> plugins.plugins().toString());
    }

    @AfterEach
    void close() {
        instances.close();
        network.close();
        plugins.close();
    }

    private State state(String name) {
        return instances.status(name).orElseThrow().state();
    }

    @Test
    void instanceOpensClosesAndOpensAgain() {
        instances.add("lab", "sim", Map.of());
        assertEquals(State.OPEN, state("lab"), () -> instances.status("lab").toString());
        assertEquals(Set.of("lab"), instances.open().keySet());
        assertTrue(Files.isDirectory(folder.resolve("state").resolve("lab")));
        instances.remove("lab");
        assertTrue(instances.status("lab").isEmpty());
        assertTrue(instances.open().isEmpty());
        instances.add("lab", "sim", Map.of());
        assertEquals(State.OPEN, state("lab"));
    }

    @Test
    void instanceThatCannotBeOpenedSaysWhyAndIsTriedAgain() throws Exception {
        Path blocked = Files.writeString(folder.resolve("blocked"), "a file where a folder is wanted");
        instances.add("lab", "sim", Map.of("directory", blocked.resolve("vms").toString()));
        assertEquals(State.UNAVAILABLE, state("lab"));
        assertTrue(
                instances.status("lab").orElseThrow().detail().contains("blocked"),
                () -> instances.status("lab").toString());
        assertEquals(1, events.size(), events::toString);
        Files.delete(blocked);
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (state("lab") != State.OPEN && System.nanoTime() - deadline < 0) {
            Thread.sleep(20);
        }
        assertEquals(State.OPEN, state("lab"));
    }

    @Test
    void unknownKindAndSettingsAreRefusedBeforeAnythingIsOpened() {
        ProviderException kind = assertThrows(ProviderException.class, () -> instances.check("nonsense", Map.of()));
        assertEquals(FailureKind.REJECTED, kind.kind());
        assertTrue(kind.why().contains("sim"), kind.getMessage());
        ProviderException setting =
                assertThrows(ProviderException.class, () -> instances.check("sim", Map.of("colour", "blue")));
        assertTrue(setting.why().contains("colour"), setting.getMessage());
    }
}
