package io.tidemark.hypervisor.vsphere;

import io.tidemark.hypervisor.vsphere.compute.VsphereCompute;
import io.tidemark.hypervisor.vsphere.config.VsphereConfig;
import io.tidemark.hypervisor.vsphere.inventory.InventoryFeed;
import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.recovery.BlankVms;
import io.tidemark.hypervisor.vsphere.recovery.Placement;
import io.tidemark.hypervisor.vsphere.recovery.VmMaker;
import io.tidemark.hypervisor.vsphere.recovery.VsphereRecoveryTarget;
import io.tidemark.hypervisor.vsphere.sample.VsphereSampleVms;
import io.tidemark.hypervisor.vsphere.tracking.VsphereChangeTracking;
import io.tidemark.hypervisor.vsphere.tracking.VsphereVolumeReader;
import io.tidemark.hypervisor.vsphere.vim.CertificatePin;
import io.tidemark.hypervisor.vsphere.vim.ServiceContent;
import io.tidemark.hypervisor.vsphere.vim.VimHttp;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderContext.Severity;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.volume.VolumeReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One vCenter with its VMs: owns the session and everything that works over it. */
final class VsphereSite implements HypervisorSite {
    private static final Set<Capability> CAPABILITIES =
            Set.of(Capability.RECOVERY_OWNS_SCRATCH, Capability.RECOVERY_COPIES_ON_CREATE);
    private static final int UPDATES_PER_ANSWER = 100;

    private final VimSession session;
    private final ServiceContent content;
    private final VsphereInventory inventory;
    private final VsphereCompute compute;
    private final VsphereVolumeReader reader;
    private final VsphereChangeTracking tracking;
    private final VsphereRecoveryTarget recovery;
    private final Optional<VsphereSampleVms> samples;
    private final AtomicBoolean closed = new AtomicBoolean();

    private VsphereSite(VsphereConfig config, ProviderContext host, VimSession session, ServiceContent content) {
        this.session = session;
        this.content = content;
        Consumer<String> warnings = text -> host.event(Severity.WARNING, text);
        this.inventory = new VsphereInventory(new InventoryFeed(session, UPDATES_PER_ANSWER));
        this.compute = new VsphereCompute(session, inventory);
        this.reader = new VsphereVolumeReader(session, inventory);
        this.tracking =
                new VsphereChangeTracking(session, inventory, host, instanceTag(host), config.snapshotInterval());
        VmMaker maker = new VmMaker(config, session, inventory, warnings);
        this.recovery = new VsphereRecoveryTarget(config, host.blockNetwork(), inventory, compute, maker, warnings);
        this.samples = config.console()
                .map(console -> new VsphereSampleVms(
                        console,
                        inventory,
                        compute,
                        maker,
                        new BlankVms(config, inventory, maker),
                        host.threads("console")));
    }

    /** Eight hex digits that stay the same over restarts, and that no other instance on this host has. */
    private static String instanceTag(ProviderContext host) {
        String place = host.instanceName() + "@" + host.stateDirectory().toAbsolutePath();
        return UUID.nameUUIDFromBytes(place.getBytes(StandardCharsets.UTF_8))
                .toString()
                .substring(0, 8);
    }

    static VsphereSite open(VsphereConfig config, ProviderContext host, Deadline deadline) throws ProviderException {
        PinFile pins = PinFile.in(host.stateDirectory(), config.server().getAuthority());
        Optional<String> known = config.thumbprint().isPresent() ? config.thumbprint() : pins.read();
        CertificatePin pin = new CertificatePin(known, seen -> {
            pins.write(seen);
            host.event(
                    Severity.WARNING,
                    "The vCenter at " + config.server().getAuthority() + " is trusted from now on by its certificate "
                            + seen
                            + ", which nobody checked. Compare it with the one that the vCenter shows, and put it into the setting"
                            + " thumbprint.");
        });
        VimSession session =
                new VimSession(new VimHttp(config.server(), pin, host.threads("http")), config.credentials());
        boolean opened = false;
        try {
            ServiceContent content = session.content(deadline);
            if (!content.apiType().equals("VirtualCenter")) {
                throw new ProviderException(
                        FailureKind.REJECTED,
                        "The vSphere site was not opened",
                        config.server().getAuthority() + " is " + content.fullName() + ", and no vCenter",
                        "Give the address of the vCenter that this host belongs to.");
            }
            VsphereSite site = new VsphereSite(config, host, session, content);
            site.checkNames(config, deadline);
            host.threads("sweep").newThread(site.tracking::sweep).start();
            opened = true;
            return site;
        } finally {
            if (!opened) {
                session.close();
            }
        }
    }

    /** Names that were given have to be there. That one is missing is no fault of a site that only protects. */
    private void checkNames(VsphereConfig config, Deadline deadline) throws ProviderException {
        var topology = inventory.topology(deadline);
        boolean named = config.datacenter().isPresent()
                || config.datastore().isPresent()
                || config.resourcePool().isPresent()
                || config.folder().isPresent();
        if (named) {
            Placement.of(config, topology);
        }
    }

    @Override
    public String description() {
        return content.fullName() + " (API " + content.apiVersion() + ") at "
                + session.server().getAuthority()
                + "; protects by snapshots and changed-block tracking, recovery point "
                + tracking.shortestInterval().toSeconds() + " s";
    }

    @Override
    public Set<Capability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        inventory.topology(deadline);
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
    public Optional<VolumeReader> volumeReader() {
        return Optional.of(reader);
    }

    @Override
    public Optional<ChangeTracking> changeTracking() {
        return Optional.of(tracking);
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return Optional.of(recovery);
    }

    @Override
    public Optional<SampleVms> sampleVms() {
        return samples.map(each -> each);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            tracking.close();
            samples.ifPresent(VsphereSampleVms::close);
            session.close();
        }
    }
}
