package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.DiskInfo;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** All attachments of all filters, over all their connections. Any thread. */
final class Filters {
    /** Broken ones are kept for their filters to hear of; the oldest make room. */
    private static final int MOST_KEPT = 8192;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final SimulatedHost host;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, DiskAttachment> attachments = new LinkedHashMap<>();

    Filters(SimulatedHost host) {
        this.host = host;
    }

    List<DiskInfo> disks() {
        return host.diskInfos();
    }

    Optional<SimulatedDisk> disk(String id) {
        return host.disk(id);
    }

    Optional<DiskAttachment> find(long id, UUID client) {
        lock.lock();
        try {
            DiskAttachment found = attachments.get(id);
            return found != null && found.isOf(client) ? Optional.of(found) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    List<DiskAttachment> attachmentsOf(UUID client) {
        lock.lock();
        try {
            return attachments.values().stream()
                    .filter(attachment -> attachment.isOf(client))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** Attaches, and queues the answer before anything can be handed out. */
    void attach(SimulatedDisk disk, Message.Attach terms, FilterSession session) throws IOException {
        DiskAttachment made = disk.attach(at -> {
            DiskAttachment attachment = new DiskAttachment(RANDOM.nextLong(), session.client(), at, terms, session);
            session.tell(new Message.Attached(
                    terms.request(), attachment.id(), at.sizeBytes(), at.isPowered(), at.powerOns()));
            return attachment;
        });
        DiskAttachment dropped = keep(made);
        if (dropped != null) {
            dropped.disk().detach(dropped);
        }
    }

    void detach(DiskAttachment attachment) {
        lock.lock();
        try {
            attachments.remove(attachment.id());
        } finally {
            lock.unlock();
        }
        attachment.disk().detach(attachment);
    }

    /** @return the oldest broken one, where there are too many */
    private @Nullable DiskAttachment keep(DiskAttachment made) {
        lock.lock();
        try {
            attachments.put(made.id(), made);
            if (attachments.size() <= MOST_KEPT) {
                return null;
            }
            Optional<DiskAttachment> oldest = attachments.values().stream()
                    .filter(kept -> kept.state().gap().isPresent())
                    .findFirst();
            oldest.ifPresent(broken -> attachments.remove(broken.id()));
            return oldest.orElse(null);
        } finally {
            lock.unlock();
        }
    }
}
