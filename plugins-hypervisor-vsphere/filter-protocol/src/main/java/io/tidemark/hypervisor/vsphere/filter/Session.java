package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterConnection;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Answer;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Request;
import io.tidemark.hypervisor.vsphere.filter.protocol.MessageWriter;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection while it lasts: what waits to be sent, and the questions that wait for an answer. Its own thread sends; the link's thread
 * reads; any thread asks.
 */
final class Session {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final int PINGS_PER_IDLE_TIME = 3;

    private final FilterConnection connection;
    private final Thread sender;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Queue<byte[]> frames = new ArrayDeque<>();
    private final Set<FilterAttachment> completing = new LinkedHashSet<>();
    private final Map<Integer, Question> questions = new HashMap<>();
    private final Semaphore room = new Semaphore(FilterProtocol.MOST_REQUESTS);
    private int lastRequest;
    private boolean saysBye;
    private @Nullable IOException ended;

    Session(FilterConnection connection, ThreadFactory threads) {
        this.connection = connection;
        this.sender = threads.newThread(this::send);
    }

    void start() {
        sender.start();
    }

    FilterConnection connection() {
        return connection;
    }

    /**
     * Asks without waiting.
     *
     * @param first runs on the reading thread before the next message is read; may be told of no answer at all
     */
    CompletableFuture<Answer> ask(IntFunction<Request> request, Consumer<Answer> first) {
        Question question = new Question(new CompletableFuture<>(), first);
        lock.lock();
        try {
            if (ended != null) {
                question.answer.completeExceptionally(ended);
                return question.answer;
            }
            int number = ++lastRequest;
            questions.put(number, question);
            frames.add(MessageWriter.frame(request.apply(number)));
            work.signal();
        } finally {
            lock.unlock();
        }
        return question.answer;
    }

    /** Takes one of the places for questions that cost the host memory; given back with {@link #leave}. */
    boolean enter(Deadline deadline) throws InterruptedException {
        return room.tryAcquire(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    void leave() {
        room.release();
    }

    void answered(Answer answer) {
        Question question;
        lock.lock();
        try {
            question = questions.remove(answer.request());
        } finally {
            lock.unlock();
        }
        if (question != null) {
            if (!question.answer.isCancelled()) {
                question.first.accept(answer);
            }
            if (!question.answer.complete(answer) && answer instanceof Message.Attached unwanted) {
                ask(number -> new Message.Detach(number, unwanted.attachment()), none -> {});
            }
        }
    }

    /** The attachment has completed something. */
    void completed(FilterAttachment attachment) {
        lock.lock();
        try {
            if (completing.add(attachment)) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sends all that waits, then a farewell; the host hangs up then. */
    void sayBye() {
        lock.lock();
        try {
            saysBye = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Hangs up; whoever waits for an answer hears why. Idempotent. */
    void end(IOException why) {
        List<Question> unanswered;
        lock.lock();
        try {
            if (ended == null) {
                ended = why;
            }
            unanswered = new ArrayList<>(questions.values());
            questions.clear();
            work.signal();
        } finally {
            lock.unlock();
        }
        try {
            connection.close();
        } catch (IOException failed) {
            LOG.atDebug().log("A filter connection was not closed in peace", failed);
        }
        unanswered.forEach(question -> question.answer.completeExceptionally(why));
    }

    void awaitSender() throws InterruptedException {
        sender.join();
    }

    private void send() {
        try {
            long pingNanos = TimeUnit.MILLISECONDS.toNanos(connection.idleMillis()) / PINGS_PER_IDLE_TIME;
            Batch batch = next(pingNanos);
            while (!batch.last) {
                for (byte[] frame : batch.frames) {
                    connection.write(frame);
                }
                connection.flush();
                batch = next(pingNanos);
            }
        } catch (IOException broken) {
            end(broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            end(new IOException("the filter client's sender was interrupted", stopped));
        }
    }

    private Batch next(long pingNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = pingNanos;
            while (ended == null && frames.isEmpty() && completing.isEmpty() && !saysBye && left > 0) {
                left = work.awaitNanos(left);
            }
            if (ended != null) {
                return new Batch(List.of(), true);
            }
            List<byte[]> batch = new ArrayList<>();
            List<Upto> all = new ArrayList<>();
            for (FilterAttachment attachment : completing) {
                attachment.takeCompleted().ifPresent(all::add);
            }
            completing.clear();
            if (!all.isEmpty()) {
                batch.add(MessageWriter.frame(new Complete(all)));
            }
            batch.addAll(frames);
            frames.clear();
            if (saysBye) {
                saysBye = false;
                batch.add(MessageWriter.frame(new Message.Bye()));
            } else if (batch.isEmpty()) {
                batch.add(MessageWriter.frame(new Message.Ping()));
            }
            return new Batch(batch, false);
        } finally {
            lock.unlock();
        }
    }

    private record Batch(List<byte[]> frames, boolean last) {}

    private record Question(CompletableFuture<Answer> answer, Consumer<Answer> first) {}
}
