package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.DiskInfo;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.MalformedFrameException;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Failed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Answers what one filter asks. */
final class FilterRequests {
    /** So many fit into one answer, whatever their names are. */
    private static final int MOST_LISTED_BYTES = 1 << 20;

    private static final int LISTED_OVERHEAD_BYTES = 32;

    private final Filters filters;
    private final FilterSession session;

    FilterRequests(Filters filters, FilterSession session) {
        this.filters = filters;
        this.session = session;
    }

    /** The connection is gone: the attachments wait for another. */
    void part() {
        filters.attachmentsOf(session.client()).forEach(attachment -> attachment.parted(session));
    }

    void complete(Message.Complete complete) throws MalformedFrameException {
        for (Upto upto : complete.all()) {
            Optional<DiskAttachment> attachment = filters.find(upto.attachment(), session.client());
            if (attachment.isPresent()) { // else it has ended meanwhile
                attachment.get().complete(upto.sequence());
            }
        }
    }

    /** On the reading thread, in the order of the requests; waits for no disk but for a write that is half done. */
    void answerAtOnce(Message.Request request) throws MalformedFrameException {
        switch (request) {
            case Message.Attach attach -> attach(attach);
            case Message.Resume resume -> resume(resume);
            case Message.Detach detach -> {
                filters.find(detach.attachment(), session.client()).ifPresent(filters::detach);
                session.tell(new Message.Detached(detach.request()));
            }
            case Message.Status status ->
                session.tell(filters.find(status.attachment(), session.client())
                        .<Message>map(found -> new Message.State(status.request(), found.state()))
                        .orElseGet(() -> unknown(status.request())));
            default -> throw new IllegalArgumentException("not answered at once: " + request);
        }
    }

    Message answerFromDisk(Message.Request request) {
        try {
            return switch (request) {
                case Message.Read read -> read(read);
                case Message.Extents extents -> extents(extents);
                case Message.ListDisks list -> list(list);
                default -> throw new IllegalArgumentException("not answered from disk: " + request);
            };
        } catch (IOException failed) {
            return new Failed(request.request(), Failed.Kind.DISK_FAILED, String.valueOf(failed.getMessage()));
        }
    }

    private void attach(Message.Attach attach) {
        int limit = attach.timeLimitMillis();
        Optional<SimulatedDisk> disk = filters.disk(attach.disk());
        if (limit < 1 || limit > FilterProtocol.LONGEST_TIME_LIMIT.toMillis()) {
            session.tell(rejected(attach.request(), "a time limit is 1 to 2000 ms, not " + limit));
        } else if (attach.windowBytes() < 1 || attach.windowBytes() > FilterProtocol.LARGEST_WINDOW_BYTES) {
            session.tell(
                    rejected(attach.request(), "a window has 1 to " + FilterProtocol.LARGEST_WINDOW_BYTES + " bytes"));
        } else if (disk.isEmpty()) {
            session.tell(noDisk(attach.request(), attach.disk()));
        } else {
            try {
                filters.attach(disk.get(), attach, session);
            } catch (IOException removed) {
                session.tell(rejected(attach.request(), String.valueOf(removed.getMessage())));
            }
        }
    }

    private void resume(Message.Resume resume) throws MalformedFrameException {
        Optional<DiskAttachment> found = filters.find(resume.attachment(), session.client());
        if (found.isEmpty()) {
            session.tell(unknown(resume.request()));
            return;
        }
        // The answer is on its way before anything is handed out: frames that wait are sent first.
        session.tell(new Message.State(
                resume.request(), found.get().resume(session, resume.received(), resume.completed())));
        found.get().resumed(session);
    }

    private Message read(Message.Read read) throws IOException {
        if (read.lengthBytes() > FilterProtocol.MOST_READ_BYTES) {
            return rejected(read.request(), "a read is of " + FilterProtocol.MOST_READ_BYTES + " bytes at most");
        }
        Optional<SimulatedDisk> disk = filters.disk(read.disk());
        if (disk.isEmpty()) {
            return noDisk(read.request(), read.disk());
        }
        ByteBuffer into = ByteBuffer.allocate(read.lengthBytes());
        long sequence = disk.get().read(read.offset(), into);
        return new Message.Data(read.request(), sequence, into.flip());
    }

    private Message extents(Message.Extents extents) throws IOException {
        Optional<SimulatedDisk> disk = filters.disk(extents.disk());
        if (disk.isEmpty()) {
            return noDisk(extents.request(), extents.disk());
        }
        return new Message.ExtentList(
                extents.request(),
                extents.offset(),
                disk.get().extents(extents.offset(), extents.lengthBytes(), FilterProtocol.MOST_EXTENTS));
    }

    private Message list(Message.ListDisks list) {
        List<DiskInfo> disks = filters.disks();
        long lengthBytes = 0;
        for (DiskInfo disk : disks) {
            int characters = disk.id().length()
                    + disk.vm().length()
                    + disk.vmName().length()
                    + disk.path().length();
            lengthBytes += LISTED_OVERHEAD_BYTES + 3L * characters;
        }
        return lengthBytes > MOST_LISTED_BYTES
                ? rejected(list.request(), "this host has more disks than one answer takes: " + disks.size())
                : new Message.Disks(list.request(), disks);
    }

    private static Message unknown(int request) {
        return rejected(request, "this host does not know the attachment: it was restarted, or the attachment ended");
    }

    private static Message noDisk(int request, String disk) {
        return rejected(request, "this host has no disk " + disk);
    }

    private static Message rejected(int request, String why) {
        return new Failed(request, Failed.Kind.REJECTED, why);
    }
}
