package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.Acceleration.DomainType;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** One libvirt daemon with its QEMU guests: owns the connection and everything that works over it. */
final class KvmSite implements HypervisorSite {
    private static final Set<Capability> CAPABILITIES =
            Set.of(Capability.CAPTURE_DELIVERS_CONTENTS, Capability.RECOVERY_OWNS_SCRATCH);

    private final KvmSiteConfig config;
    private final Libvirt libvirt;
    private final String versions;
    private final Acceleration acceleration;
    private final KvmInventory inventory;
    private final KvmCompute compute;
    private final KvmWriteCapture capture;
    private final KvmVolumeReader reader;
    private final StalledGuests stalled;
    private final KvmRecoveryTarget recovery;
    private final KvmSampleVms samples;
    private final AtomicBoolean closed = new AtomicBoolean();

    private KvmSite(KvmSiteConfig config, ProviderContext host, Libvirt libvirt, QemuAccess access, String versions) {
        this.config = config;
        this.libvirt = libvirt;
        this.versions = versions;
        this.acceleration = new Acceleration(config.acceleration(), config.stateDirectory());
        Monitor monitor = new Monitor(libvirt);
        Domains domains = new Domains(libvirt);
        this.inventory = new KvmInventory(libvirt);
        this.compute = new KvmCompute(libvirt);
        this.capture = new KvmWriteCapture(config, host, libvirt, monitor, access);
        this.reader = new KvmVolumeReader(config, host, libvirt, monitor);
        this.stalled = new StalledGuests(host, libvirt, monitor, access);
        this.recovery = new KvmRecoveryTarget(config, host, libvirt, access, acceleration, domains, stalled);
        this.samples = new KvmSampleVms(config, libvirt, access, acceleration, domains);
    }

    static KvmSite open(KvmSiteConfig config, ProviderContext host, Deadline deadline) throws ProviderException {
        LibvirtDaemons.startIfNeeded(config, deadline);
        Libvirt libvirt = new Libvirt(config.uri(), host.threads("libvirt"));
        boolean opened = false;
        try {
            String versions = versions(libvirt, deadline);
            QemuAccess access = QemuAccess.ask(libvirt, deadline);
            prepareFolders(config, access);
            KvmSite site = new KvmSite(config, host, libvirt, access, versions);
            host.threads("probe")
                    .newThread(() -> site.acceleration.domainType())
                    .start();
            // A VM that an earlier process recovered may be waiting already.
            site.stalled.watch();
            opened = true;
            return site;
        } finally {
            if (!opened) {
                libvirt.close();
            }
        }
    }

    private static String versions(Libvirt libvirt, Deadline deadline) throws ProviderException {
        return libvirt.call(
                "Connecting to " + libvirt.uri(),
                deadline,
                connect -> "libvirt " + dotted(connect.getLibVersion()) + ", QEMU " + dotted(connect.getVersion())
                        + " on " + connect.getHostName());
    }

    /** libvirt packs a version as 1,000,000 × major + 1,000 × minor + release. */
    private static String dotted(long version) {
        return version / 1_000_000 + "." + version / 1_000 % 1_000 + "." + version % 1_000;
    }

    private static void prepareFolders(KvmSiteConfig config, QemuAccess access) throws ProviderException {
        Path sockets = config.qemuSockets();
        try {
            Files.createDirectories(config.storageDirectory());
            Files.createDirectories(sockets);
        } catch (IOException e) {
            throw KvmFailures.rejected(
                    "The KVM site was not opened",
                    "a folder could not be made: " + KvmFailures.firstLine(e.toString()),
                    "Correct the settings storage-directory and runtime-directory.");
        }
        // QEMU itself makes sockets in there.
        access.grant(sockets, "rwx------");
        access.requireReachable(sockets);
        access.requireReachable(config.storageDirectory().resolve("disk"));
    }

    @Override
    public String description() {
        String guests = acceleration
                .known()
                .map(type -> type == DomainType.KVM
                        ? "recovered guests run with KVM"
                        : "recovered guests run in software emulation (TCG)")
                .orElse("whether recovered guests can use KVM is being tried out");
        return versions + " at " + config.uri() + "; " + guests;
    }

    @Override
    public Set<Capability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        versions(libvirt, deadline);
    }

    @Override
    public Inventory inventory() {
        return inventory;
    }

    @Override
    public Compute compute() {
        return compute;
    }

    @Override
    public Optional<WriteCapture> writeCapture() {
        return Optional.of(capture);
    }

    @Override
    public Optional<VolumeReader> volumeReader() {
        return Optional.of(reader);
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return Optional.of(recovery);
    }

    @Override
    public Optional<SampleVms> sampleVms() {
        return Optional.of(samples);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            capture.close();
            reader.close();
            samples.close();
            stalled.close();
            libvirt.close();
        }
    }
}
