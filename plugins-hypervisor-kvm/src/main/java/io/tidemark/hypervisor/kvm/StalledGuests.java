package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag;
import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag.Role;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderContext.Severity;
import io.tidemark.spi.site.PowerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets recovered VMs go on that QEMU paused because the view under their disks was not served: their definition says stop on an I/O error,
 * so that a guest never sees one while Tidemark is restarted. One thread, which runs while there are recovered VMs.
 */
final class StalledGuests {
    private static final Logger LOG = LoggerFactory.getLogger(StalledGuests.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration QUESTION_LIMIT = Duration.ofSeconds(5);

    private final ProviderContext host;
    private final Libvirt libvirt;
    private final Monitor monitor;
    private final QemuAccess access;
    private final Set<VmId> reported = ConcurrentHashMap.newKeySet();
    private @Nullable Thread thread;
    private volatile boolean closed;

    StalledGuests(ProviderContext host, Libvirt libvirt, Monitor monitor, QemuAccess access) {
        this.host = host;
        this.libvirt = libvirt;
        this.monitor = monitor;
        this.access = access;
    }

    /** Looks after recovered VMs from now on, until there are none. */
    synchronized void watch() {
        if (closed || (thread != null && thread.isAlive())) {
            return;
        }
        Thread fresh = host.threads("stalled-guests").newThread(this::run);
        thread = fresh;
        fresh.start();
    }

    void close() {
        closed = true;
        Thread running;
        synchronized (this) {
            running = thread;
        }
        LockSupport.unpark(running);
    }

    private void run() {
        boolean some = true;
        while (some && !closed) {
            try {
                some = look();
            } catch (ProviderException e) {
                LOG.atDebug().setCause(e).log("recovered VMs cannot be looked at now; trying again");
            }
            if (some && !closed) {
                LockSupport.parkNanos(INTERVAL.toNanos());
            }
        }
    }

    /** @return whether there are recovered VMs */
    private boolean look() throws ProviderException {
        List<Optional<Guest>> guests =
                libvirt.eachDomain("Looking for stalled VMs", Deadline.after(QUESTION_LIMIT), domain -> {
                    boolean active = domain.isActive() != 0;
                    DomainXml xml = DomainXml.parse(domain.getXMLDesc(active ? 0 : KvmInventory.XML_INACTIVE));
                    boolean paused = KvmInventory.power(domain) == PowerState.PAUSED;
                    return xml.ownerTag()
                            .map(OwnerTag::role)
                            .filter(Role.RECOVERED::equals)
                            .map(role -> new Guest(xml, paused));
                });
        for (Optional<Guest> guest : guests) {
            if (guest.isPresent() && guest.get().paused() && !closed) {
                goOn(guest.get().xml());
            }
        }
        return guests.stream().anyMatch(Optional::isPresent);
    }

    private record Guest(DomainXml xml, boolean paused) {}

    private void goOn(DomainXml xml) throws ProviderException {
        VmId vm = xml.id();
        if (!monitor.stoppedByIoError(vm, Deadline.after(QUESTION_LIMIT))) {
            return; // paused by somebody who wants it so
        }
        if (reported.add(vm)) {
            host.event(
                    Severity.WARNING,
                    "Recovered VM " + xml.name()
                            + " waits: the view of its checkpoint is not served, or its disk is full."
                            + " It goes on by itself once Tidemark serves the view again.");
        }
        for (Path socket : xml.viewSockets()) {
            if (!Files.exists(socket)) {
                return;
            }
            // A restarted host serves on a new socket, which belongs to its own user.
            access.grantSocket(socket);
        }
        libvirt.<Boolean>domain("Letting VM " + vm + " go on", vm, Deadline.after(QUESTION_LIMIT), domain -> {
            domain.resume();
            return true;
        });
        LOG.atInfo().addKeyValue("vm", vm).log("a stalled VM was told to go on");
    }
}
