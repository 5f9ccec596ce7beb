package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.Acceleration.DomainType;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** The libvirtd and QEMU of this host, reached through a relay that a test can cut. */
final class KvmSubject implements HypervisorSubject {
    private static final Path LIBVIRT_SOCKET = Path.of("/var/run/libvirt/libvirt-sock");
    private static final Duration TIME_LIMIT = Duration.ofSeconds(90);
    /** Probed once for all classes: where KVM does not work the probe takes its full time. */
    private static final Acceleration ACCELERATION =
            new Acceleration(Acceleration.Choice.AUTO, Path.of(System.getProperty("java.io.tmpdir")));

    private final Path folder;
    private final SocketRelay relay;
    private final TckProviderContext context;
    private final NbdBlockNetwork network;
    private final Libvirt direct;

    private KvmSubject(Path folder, SocketRelay relay, NbdBlockNetwork network, Libvirt direct) {
        this.folder = folder;
        this.relay = relay;
        this.network = network;
        this.context = new TckProviderContext("kvm-test", folder.resolve("state"), network);
        this.direct = direct;
    }

    static KvmSubject make() throws Exception {
        requireKvmHost();
        Path folder =
                Path.of("/tmp/tidemark-test-" + UUID.randomUUID().toString().substring(0, 8));
        for (Path each : List.of(folder, folder.resolve("state"), folder.resolve("sockets"))) {
            // QEMU's user has to pass.
            Files.createDirectory(each);
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwx--x--x"));
        }
        NbdBlockNetwork network = new NbdBlockNetwork(folder.resolve("sockets"));
        SocketRelay relay = new SocketRelay(folder.resolve("libvirt.sock"), LIBVIRT_SOCKET);
        Libvirt direct =
                new Libvirt("qemu:///system", Thread.ofPlatform().daemon().factory());
        return new KvmSubject(folder, relay, network, direct);
    }

    /** Skips the test where there is no hypervisor; fails it there with CI=true. */
    private static void requireKvmHost() throws Exception {
        String reason = null;
        if (!HostUser.isRoot()) {
            reason = "needs root to talk to the system's libvirtd";
        } else if (!Files.isExecutable(Path.of("/usr/sbin/libvirtd"))
                || !Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64"))) {
            reason = "libvirt and QEMU are not installed; as root: apt-get install " + KvmFailures.PACKAGES;
        } else if (GuestKernel.newest().isEmpty() || !Files.isExecutable(Path.of("/usr/bin/busybox"))) {
            reason = "no guest can be assembled; as root: apt-get install linux-image-amd64 busybox-static";
        }
        if (reason != null && "true".equals(System.getenv("CI"))) {
            Assertions.fail("CI=true, and the real hypervisor cannot run: " + reason);
        }
        Assumptions.assumeTrue(reason == null, reason);
        KvmSiteConfig system = KvmSiteConfig.of(new ProviderConfig(Map.of()), Path.of("/tmp"));
        LibvirtDaemons.startIfNeeded(system, Deadline.after(TIME_LIMIT));
    }

    @Override
    public HypervisorSiteFactory factory() {
        return new KvmHypervisorSiteFactory();
    }

    @Override
    public ProviderConfig config() {
        return new ProviderConfig(Map.of(
                "uri",
                "qemu+unix:///system?socket=" + relay.socket(),
                "runtime-directory",
                folder.resolve("run").toString(),
                "acceleration",
                ACCELERATION.domainType() == DomainType.KVM ? "kvm" : "tcg"));
    }

    @Override
    public List<ProviderConfig> refusedConfigs() {
        return List.of(
                new ProviderConfig(Map.of("uri", "esx://somewhere/")),
                new ProviderConfig(Map.of("uri", "qemu+unix:///system?socket=" + folder.resolve("nobody"))),
                new ProviderConfig(Map.of("storage-directory", "not/absolute")),
                new ProviderConfig(Map.of("start-daemons", "perhaps")),
                new ProviderConfig(Map.of("acceleration", "warp")));
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
    public Optional<CaptureBreaker> captureBreaker() {
        return Optional.of(this::abortBlockJob);
    }

    @Override
    public Optional<FarEndSwitch> farEndSwitch() {
        return Optional.of(new FarEndSwitch() {
            @Override
            public void cut() throws Exception {
                relay.cut();
            }

            @Override
            public void restore() throws Exception {
                relay.restore();
            }
        });
    }

    @Override
    public void removePromoted(VmId vm) throws Exception {
        new Domains(direct).remove(vm, Deadline.after(TIME_LIMIT));
    }

    /** libvirt, not through the relay. */
    Libvirt direct() {
        return direct;
    }

    NbdBlockNetwork network() {
        return network;
    }

    Path folder() {
        return folder;
    }

    void abortBlockJob(VmId vm, VolumeId volume) throws Exception {
        String disk = volume.value().substring(volume.value().indexOf('/') + 1);
        direct.<Boolean>domain("Breaking the capture of " + volume, vm, Deadline.after(TIME_LIMIT), domain -> {
            domain.blockJobAbort(disk, 0);
            return true;
        });
    }

    @Override
    public void close() throws Exception {
        try {
            removeDomains();
        } finally {
            direct.close();
            relay.close();
            Folders.remove(folder);
        }
    }

    /** Removes each domain whose document names this subject's folder: nobody else has that. */
    private void removeDomains() throws Exception {
        Deadline limit = Deadline.after(TIME_LIMIT);
        List<Optional<VmId>> made = direct.eachDomain("Looking for what the test left", limit, domain -> {
            String xml = domain.getXMLDesc(KvmInventory.XML_INACTIVE);
            return xml.contains(folder.toString() + "/")
                    ? Optional.of(DomainXml.parse(xml).id())
                    : Optional.empty();
        });
        for (Optional<VmId> vm : made) {
            if (vm.isPresent()) {
                new Domains(direct).remove(vm.get(), limit);
            }
        }
    }
}
