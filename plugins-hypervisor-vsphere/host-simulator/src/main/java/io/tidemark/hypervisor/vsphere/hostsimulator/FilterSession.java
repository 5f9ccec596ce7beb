package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterConnection;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.MalformedFrameException;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.MessageWriter;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.SequencedSet;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a filter: reads its messages, answers them, and sends what its attachments have to hand out, in turn. Three threads: the
 * caller of {@link #serve} reads; one sends; one does what has to wait for a disk.
 *
 * <p>Memory: answers are bounded by the requests that a client may have under way, what is handed out by the windows of the attachments, which
 * keep it themselves.
 */
final class FilterSession {
    private static final Logger LOG = LoggerFactory.getLogger(FilterSession.class);
    private static final int PINGS_PER_IDLE_TIME = 3;
    private static final int MOST_FRAMES = 2 * FilterProtocol.MOST_ATTACHMENTS;

    private final FilterConnection connection;
    private final FilterRequests requests;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Queue<Outgoing> frames = new ArrayDeque<>();
    private final SequencedSet<DiskAttachment> ready = new LinkedHashSet<>();
    private final BlockingQueue<Message> slow = new ArrayBlockingQueue<>(FilterProtocol.MOST_REQUESTS + 1);
    private final Thread sender =
            Thread.ofPlatform().daemon().name("filter-sender").unstarted(this::send);
    private final Thread worker =
            Thread.ofPlatform().daemon().name("filter-reader").unstarted(this::work);
    private final AtomicInteger slowUnderWay = new AtomicInteger();
    private boolean finishing;
    private boolean ended;
    private volatile long sendingSinceNanos;

    FilterSession(FilterConnection connection, Filters filters) {
        this.connection = connection;
        this.requests = new FilterRequests(filters, this);
    }

    UUID client() {
        return connection.peer();
    }

    /** Reads until the connection ends, and ends everything of this session then, but not its attachments. */
    void serve() {
        sender.start();
        worker.start();
        try {
            boolean goesOn = true;
            while (goesOn) {
                goesOn = take(connection.read());
            }
        } catch (MalformedFrameException wrong) {
            LOG.atWarn().addKeyValue("client", client()).log("A filter sent what no filter sends", wrong);
            lastWord(new Message.Refuse(String.valueOf(wrong.getMessage())));
        } catch (EOFException gone) {
            LOG.atInfo().addKeyValue("client", client()).log("A filter hung up");
        } catch (IOException broken) {
            LOG.atInfo()
                    .addKeyValue("client", client())
                    .addKeyValue("cause", broken.toString())
                    .log("The connection of a filter broke");
        } finally {
            end();
            requests.part();
            awaitThreads();
        }
    }

    /** Queues a message, to be sent before what attachments hand out. */
    void tell(Message message) {
        tell(new Outgoing(message, false));
    }

    private void tell(Outgoing message) {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            if (frames.size() >= MOST_FRAMES) {
                LOG.atWarn().addKeyValue("client", client()).log("A filter asks, but does not read the answers");
                end();
                return;
            }
            frames.add(message);
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** The attachment has something to hand out. */
    void ready(DiskAttachment attachment) {
        lock.lock();
        try {
            if (ready.add(attachment)) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** For how long the peer has taken nothing of what is being sent; 0 when nothing is. */
    long stuckNanos() {
        long since = sendingSinceNanos;
        return since == 0 ? 0 : System.nanoTime() - since;
    }

    /** Sends what waits, and leaves it to the peer to hang up. Any thread. */
    void finish() {
        lock.lock();
        try {
            finishing = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Hangs up. Any thread; idempotent. */
    void end() {
        lock.lock();
        try {
            ended = true;
            work.signal();
        } finally {
            lock.unlock();
        }
        try {
            connection.close();
        } catch (IOException failed) {
            LOG.atDebug().log("A filter connection was not closed in peace", failed);
        }
    }

    private boolean take(Message message) throws IOException {
        switch (message) {
            case Message.Complete complete -> requests.complete(complete);
            case Message.Read read -> queue(read);
            case Message.Extents extents -> queue(extents);
            case Message.ListDisks list -> queue(list);
            case Message.Request request -> requests.answerAtOnce(request);
            case Message.Ping ping -> {}
            case Message.Bye bye -> {
                return false;
            }
            default -> throw new MalformedFrameException("a filter does not send this message");
        }
        return true;
    }

    private void queue(Message request) throws MalformedFrameException {
        // Until its answer is on the wire: what was read from disks and is not taken must not pile up.
        if (slowUnderWay.incrementAndGet() > FilterProtocol.MOST_REQUESTS || !slow.offer(request)) {
            throw new MalformedFrameException("more than " + FilterProtocol.MOST_REQUESTS + " requests are under way");
        }
    }

    private void work() {
        try {
            for (Message next = slow.take(); next instanceof Message.Request request; next = slow.take()) {
                tell(new Outgoing(requests.answerFromDisk(request), true));
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            end();
        }
    }

    private void send() {
        try {
            long pingNanos = TimeUnit.MILLISECONDS.toNanos(connection.idleMillis()) / PINGS_PER_IDLE_TIME;
            while (awaitWork(pingNanos)) {
                byte[] next = poll();
                if (next == null) {
                    next = MessageWriter.frame(new Message.Ping());
                }
                for (; next != null; next = poll()) {
                    sendingSinceNanos = System.nanoTime();
                    connection.write(next);
                }
                connection.flush(); // nothing stays in the buffer while this waits
                sendingSinceNanos = 0;
            }
            connection.finish();
        } catch (IOException broken) {
            end();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            end();
        }
    }

    /** Waits until something may be to be sent, a ping if nothing else; false when nothing ever will be. */
    private boolean awaitWork(long pingNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = pingNanos;
            while (!ended && !finishing && frames.isEmpty() && ready.isEmpty() && left > 0) {
                left = work.awaitNanos(left);
            }
            return !ended && !(finishing && frames.isEmpty() && ready.isEmpty());
        } finally {
            lock.unlock();
        }
    }

    private byte @Nullable [] poll() {
        while (true) {
            DiskAttachment attachment;
            lock.lock();
            try {
                if (ended) {
                    return null;
                }
                if (!frames.isEmpty()) {
                    Outgoing next = frames.remove();
                    slowUnderWay.addAndGet(next.slow ? -1 : 0);
                    return next.frame;
                }
                if (ready.isEmpty()) {
                    return null;
                }
                attachment = ready.removeFirst();
            } finally {
                lock.unlock();
            }
            byte[] frame = attachment.nextUnsent(this);
            if (frame != null) {
                return frame;
            }
        }
    }

    /** Best effort: the peer has broken the protocol, and may not read any more. */
    private void lastWord(Message.Refuse refuse) {
        tell(refuse);
        finish();
        try {
            sender.join(connection.idleMillis() / PINGS_PER_IDLE_TIME);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitThreads() {
        try {
            slow.clear();
            slow.put(new Message.Bye());
            worker.join();
            sender.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** A frame to be sent. */
    private static final class Outgoing {
        private final byte[] frame;
        private final boolean slow;

        /** @param slow whether it answers a request that is counted */
        Outgoing(Message message, boolean slow) {
            this.frame = MessageWriter.frame(message);
            this.slow = slow;
        }
    }
}
