package io.tidemark.systemtests;

import io.tidemark.pluginhost.PluginHost;
import io.tidemark.pluginhost.PluginHostConfig;
import io.tidemark.pluginhost.ProviderSettings;
import io.tidemark.server.host.InstanceContext;
import io.tidemark.server.host.NbdBlockNetwork;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/** A hypervisor opened by the test itself, through the plugin host and the SPI, beside any server. */
final class OpenHypervisor implements AutoCloseable {
    private final PluginHost plugins;
    private final NbdBlockNetwork network;
    private final HypervisorSite site;

    private OpenHypervisor(PluginHost plugins, NbdBlockNetwork network, HypervisorSite site) {
        this.plugins = plugins;
        this.network = network;
        this.site = site;
    }

    /** @param folder for what the plugin host and the instance keep */
    static OpenHypervisor open(Path folder, String kind, Map<String, String> settings) throws Exception {
        PluginHost plugins =
                new PluginHost(PluginHostConfig.unsigned(Workspace.PLUGINS, folder.resolve("plugin-work")));
        NbdBlockNetwork network = NbdBlockNetwork.open(folder);
        boolean opened = false;
        try {
            HypervisorSite site = open(plugins, network, folder, kind, settings);
            opened = true;
            return new OpenHypervisor(plugins, network, site);
        } finally {
            if (!opened) {
                network.close();
                plugins.close();
            }
        }
    }

    private static HypervisorSite open(
            PluginHost plugins, NbdBlockNetwork network, Path folder, String kind, Map<String, String> settings)
            throws Exception {
        HypervisorSiteFactory factory =
                plugins.hypervisor(new ProviderKind(kind)).orElseThrow(() -> new AssertionError(plugins.plugins()));
        return factory.open(
                ProviderSettings.validated(factory.kind(), factory.configSpec(), settings),
                new InstanceContext(
                        "test",
                        kind,
                        Clock.systemUTC(),
                        Files.createDirectories(folder.resolve("state")),
                        network,
                        (instance, severity, message) -> {}),
                Deadline.after(Polling.PATIENCE));
    }

    HypervisorSite site() {
        return site;
    }

    @Override
    public void close() throws IOException {
        site.close();
        network.close();
        plugins.close();
    }
}
