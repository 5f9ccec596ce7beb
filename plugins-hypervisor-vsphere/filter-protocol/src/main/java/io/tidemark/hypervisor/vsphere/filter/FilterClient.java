package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.DiskInfo;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.MalformedFrameException;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A filter of the disks of one host, as the host's filter daemon would be: attaches to disks, is handed their writes, reads them. Connects by
 * itself, again and again until it is closed; what breaks meanwhile is found out by each attachment. Any thread.
 *
 * <p>Every call ends by its deadline, with an {@link IOException} when it could not be done, of which a {@link DiskRefusedException} says that
 * the host was reached and refused.
 */
public final class FilterClient implements AutoCloseable {
    private final Link link;

    private FilterClient(Link link) {
        this.link = link;
    }

    /** Starts to connect; returns at once. */
    public static FilterClient open(FilterClientConfig config) {
        Link link = new Link(config);
        link.start();
        return new FilterClient(link);
    }

    /** Whether there is a connection at the moment. */
    public boolean connected() {
        return link.connected();
    }

    public List<DiskInfo> disks(Deadline deadline) throws IOException {
        return answer(Message.Disks.class, link.ask(Message.ListDisks::new, answer -> {}, deadline))
                .disks();
    }

    /**
     * Attaches to a disk, whether its VM runs or not. From before this returns every write is handed to the listener, possibly already while
     * this is under way. Another filter's attachment to the disk ends.
     */
    public FilterAttachment attach(AttachSpec spec, WriteListener listener, Deadline deadline) throws IOException {
        AtomicReference<@Nullable FilterAttachment> made = new AtomicReference<>();
        Message answer;
        try {
            answer = link.ask(
                    number -> new Message.Attach(
                            number,
                            spec.disk(),
                            spec.mode(),
                            Math.toIntExact(spec.timeLimit().toMillis()),
                            spec.windowBytes()),
                    first -> {
                        // On the reading thread: the next message may be the first write.
                        if (first instanceof Message.Attached attached) {
                            FilterAttachment attachment = new FilterAttachment(link, spec, attached, listener);
                            link.attachments().put(attachment.id(), attachment);
                            FilterAttachment earlier = made.getAndSet(attachment);
                            if (earlier != null) {
                                link.attachments().remove(earlier.id());
                            }
                        }
                    },
                    deadline);
        } catch (IOException late) {
            FilterAttachment unwanted = made.get();
            if (unwanted != null) {
                link.attachments().remove(unwanted.id());
                link.tell(number -> new Message.Detach(number, unwanted.id()));
            }
            throw late;
        }
        answer(Message.Attached.class, answer);
        FilterAttachment attachment = made.get();
        if (attachment == null) {
            throw new IllegalStateException("an answer was given before it was seen");
        }
        attachment.start();
        return attachment;
    }

    /**
     * Reads the contents of a disk, in pieces each of which is of one moment. They reflect every write that was handed to this client's
     * listener before the call.
     *
     * @return a sequence of the disk's attachment: all up to it is in every piece; 0 when no filter is attached
     */
    public long read(String disk, long offset, ByteBuffer into, Deadline deadline) throws IOException {
        long at = offset;
        long sequence = Long.MAX_VALUE;
        while (into.hasRemaining()) {
            int lengthBytes = Math.min(into.remaining(), FilterProtocol.MOST_READ_BYTES);
            long from = at;
            Message.Data data = answer(
                    Message.Data.class,
                    link.ask(number -> new Message.Read(number, disk, from, lengthBytes), answer -> {}, deadline));
            if (data.data().remaining() != lengthBytes) {
                throw new MalformedFrameException(
                        "the host read " + data.data().remaining() + " bytes instead of " + lengthBytes);
            }
            into.put(data.data().duplicate());
            sequence = Math.min(sequence, data.sequence());
            at += lengthBytes;
        }
        return sequence == Long.MAX_VALUE ? 0 : sequence;
    }

    /** Tells which parts of a range the guest has never written to, so that they are zero; in order and without gaps. */
    public List<BlockExtent> extents(String disk, long offset, long lengthBytes, Deadline deadline) throws IOException {
        List<BlockExtent> extents = new ArrayList<>();
        long end = offset + lengthBytes;
        for (long at = offset; at < end; ) {
            long from = at;
            Message.ExtentList some = answer(
                    Message.ExtentList.class,
                    link.ask(number -> new Message.Extents(number, disk, from, end - from), answer -> {}, deadline));
            if (some.offset() != at
                    || some.extents().isEmpty()
                    || some.extents().getLast().endOffset() > end) {
                throw new MalformedFrameException("the host told of other extents than it was asked for");
            }
            extents.addAll(some.extents());
            at = some.extents().getLast().endOffset();
        }
        return extents;
    }

    /** Detaches from all disks and disconnects; after a few seconds at most. Idempotent. */
    @Override
    public void close() {
        List<FilterAttachment> open = List.copyOf(link.attachments().values());
        for (FilterAttachment attachment : open) {
            if (attachment.letGo()) {
                link.tell(number -> new Message.Detach(number, attachment.id()));
            }
        }
        link.close();
        Deadline deadline = Deadline.after(link.config().closeLimit());
        open.forEach(attachment -> attachment.awaitListener(deadline));
    }

    private static <A> A answer(Class<A> type, Message answer) throws MalformedFrameException {
        if (!type.isInstance(answer)) {
            throw new MalformedFrameException("the host gave an answer to another question");
        }
        return type.cast(answer);
    }
}
