package io.tidemark.hypervisor.vsphere;

import io.tidemark.hypervisor.vsphere.vim.CertificatePin;
import io.tidemark.hypervisor.vsphere.vim.Credentials;
import io.tidemark.hypervisor.vsphere.vim.VimHttp;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A simulated vCenter of its own with hosts that this process plays, reached through a relay that a test can cut. */
final class VsphereSubject implements HypervisorSubject {
    private static final Duration TIME_LIMIT = Duration.ofSeconds(30);

    private final Path folder;
    private final PlayedHosts hosts;
    private final VcenterProcess vcenter;
    private final Relay relay;
    private final TckProviderContext context;

    private VsphereSubject(Path folder, PlayedHosts hosts, VcenterProcess vcenter, Relay relay) throws IOException {
        this.folder = folder;
        this.hosts = hosts;
        this.vcenter = vcenter;
        this.relay = relay;
        this.context = new TckProviderContext(
                "vsphere", Files.createDirectory(folder.resolve("state")), new NbdBlockNetwork(folder));
    }

    static VsphereSubject make(String... options) throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "tm-vs");
        Path datastore = Files.createDirectory(folder.resolve("main"));
        PlayedHosts hosts = new PlayedHosts(datastore);
        try {
            String[] all = Stream.concat(Stream.of("-host", hosts.address().toString()), Stream.of(options))
                    .toArray(String[]::new);
            VcenterProcess vcenter = VcenterProcess.start(datastore, all);
            VsphereSubject subject = new VsphereSubject(folder, hosts, vcenter, new Relay(vcenter.port()));
            hosts.join(subject.secondClient());
            return subject;
        } catch (Throwable failed) {
            hosts.close();
            removeFolder(folder);
            throw failed;
        }
    }

    /** Another user of the vCenter, not through the relay. */
    VimSession secondClient() {
        CertificatePin pin = new CertificatePin(CertificatePin.normalise(vcenter.thumbprint()), seen -> {});
        URI server = vcenter.url().resolve("/");
        return new VimSession(
                new VimHttp(server, pin, Thread.ofPlatform().daemon().factory()),
                new Credentials(VcenterProcess.USER, VcenterProcess.PASSWORD));
    }

    @Override
    public HypervisorSiteFactory factory() {
        return new VsphereHypervisorSiteFactory();
    }

    @Override
    public ProviderConfig config() {
        return with(Map.of());
    }

    /** The settings, but for some. */
    ProviderConfig with(Map<String, String> changed) {
        Map<String, String> values = new HashMap<>(Map.of(
                "url",
                "https://127.0.0.1:" + relay.port() + "/sdk",
                "user",
                VcenterProcess.USER,
                "password",
                VcenterProcess.PASSWORD,
                "thumbprint",
                vcenter.thumbprint(),
                "datastore",
                "main",
                "test-network",
                "Test Network",
                "snapshot-interval",
                "5",
                "console",
                hosts.address().toString()));
        values.putAll(changed);
        return new ProviderConfig(values);
    }

    @Override
    public List<ProviderConfig> refusedConfigs() {
        return List.of(
                with(Map.of("url", "http://127.0.0.1/sdk")),
                with(Map.of("url", "https://127.0.0.1:1/sdk")),
                with(Map.of("url", "vcenter")),
                with(Map.of("password", "wrong")),
                with(Map.of("user", " ")),
                with(Map.of("thumbprint", "AA:BB")),
                with(Map.of("thumbprint", "00".repeat(32))),
                with(Map.of("datastore", "nobody")),
                with(Map.of("datacenter", "nobody")),
                with(Map.of("resource-pool", "nobody")),
                with(Map.of("folder", "nobody")),
                with(Map.of("network-map", "here")),
                with(Map.of("snapshot-interval", "0")),
                with(Map.of("console", "localhost")));
    }

    @Override
    public TckProviderContext context() {
        return context;
    }

    @Override
    public Duration timeLimit() {
        return TIME_LIMIT;
    }

    @Override
    public Optional<FarEndSwitch> farEndSwitch() {
        return Optional.of(new FarEndSwitch() {
            @Override
            public void cut() throws IOException {
                relay.cut();
            }

            @Override
            public void restore() throws IOException {
                relay.restore();
            }
        });
    }

    Relay relay() {
        return relay;
    }

    PlayedHosts hosts() {
        return hosts;
    }

    VcenterProcess vcenter() {
        return vcenter;
    }

    /** The datastore's files as they lie on disk. */
    Path datastore() {
        return folder.resolve("main");
    }

    /** Paths of all files of the datastore, relative to it, in order. */
    List<String> datastoreFiles() throws IOException {
        try (Stream<Path> files = Files.walk(datastore())) {
            return files.map(each -> datastore().relativize(each).toString())
                    .filter(each -> !each.isEmpty())
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void close() throws Exception {
        try {
            hosts.close();
            relay.close();
            vcenter.close();
        } finally {
            removeFolder(folder);
        }
    }

    private static void removeFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
