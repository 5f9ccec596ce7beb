package io.tidemark.hypervisor.vsphere.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.filter.ScriptedHost.Side;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskEvent;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.plugin.Deadline;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the client does when the host, the line or the listener does not behave. */
final class FilterClientTest {
    private static final long ID = -77;

    private final ScriptedHost host = new ScriptedHost();
    private final FilterClient client = FilterClient.open(host.config());
    private final Recorder recorder = new Recorder();

    FilterClientTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        host.close();
        client.close();
        List<String> left = Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.startsWith("filter-"))
                .toList();
        assertEquals(List.of(), left, "threads that were not ended");
    }

    /** Remembers, and completes when told to. */
    private static final class Recorder implements WriteListener {
        private final List<Long> sequences = new ArrayList<>();
        private final AtomicInteger gaps = new AtomicInteger();
        private volatile boolean throwing;

        @Override
        public synchronized void onWrite(FilterAttachment disk, long sequence, long offset, ByteBuffer data) {
            sequences.add(sequence);
            if (throwing) {
                throw new IllegalStateException("as the test wants it");
            }
        }

        @Override
        public void onZero(FilterAttachment disk, long sequence, long offset, long lengthBytes, ZeroCause cause) {}

        @Override
        public void onEvent(FilterAttachment disk, DiskEvent event) {}

        @Override
        public void onGap(FilterAttachment disk, AttachmentState state) {
            gaps.incrementAndGet();
        }

        synchronized List<Long> sequences() {
            return List.copyOf(sequences);
        }
    }

    private static Deadline in(long millis) {
        return Deadline.after(Duration.ofMillis(millis));
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        for (Deadline limit = in(20_000); !condition.holds(); LockSupport.parkNanos(1_000_000)) {
            assertFalse(limit.passed(), "waited in vain");
        }
    }

    private interface Call<T> {
        T make() throws IOException;
    }

    private static <T> CompletableFuture<T> aside(Call<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(call.make());
            } catch (IOException | RuntimeException failed) {
                result.completeExceptionally(failed);
            }
        });
        return result;
    }

    private FilterAttachment attach(Side side, int windowBytes) throws Exception {
        AttachSpec usual = AttachSpec.of("vm-1/1");
        CompletableFuture<FilterAttachment> attaching = aside(() -> client.attach(
                new AttachSpec(usual.disk(), usual.mode(), usual.timeLimit(), windowBytes), recorder, in(20_000)));
        Message.Attach asked = side.expect(Message.Attach.class);
        side.say(new Message.Attached(asked.request(), ID, 1 << 20, true, 1));
        side.say(write(1)); // at once: before the caller knows that it is attached
        FilterAttachment attachment = attaching.get(20, TimeUnit.SECONDS);
        await(() -> recorder.sequences().equals(List.of(1L)));
        return attachment;
    }

    private static Message.Write write(long sequence) {
        return new Message.Write(ID, sequence, 0, ByteBuffer.wrap(new byte[512]).asReadOnlyBuffer());
    }

    private static Message.State whole(int request) {
        return new Message.State(request, new AttachmentState(ID, Optional.empty(), 1, 0, true, 1, ""));
    }

    @Test
    void questionEndsByItsDeadline() throws Exception {
        host.admit();
        long start = System.nanoTime();
        assertThrows(IOException.class, () -> client.disks(in(200)));
        assertThrows(IOException.class, () -> client.read("vm-1/1", 0, ByteBuffer.allocate(512), in(200)));
        assertTrue(System.nanoTime() - start < Duration.ofSeconds(5).toNanos());
    }

    @Test
    void withoutAHostTheReasonIsSaid() throws Exception {
        FilterSecret wrong = FilterSecret.of("this is a secret that nobody else knows");
        host.admit();
        try (FilterClient stranger = FilterClient.open(host.config(wrong))) {
            CompletableFuture<Side> refused = aside(host::admit);
            IOException failure = assertThrows(IOException.class, () -> stranger.disks(in(2000)));
            assertTrue(failure.toString().contains("host does not know the filter secret"), failure::toString);
            assertFalse(stranger.connected());
            refused.cancel(false);
        }
    }

    @Test
    void questionIsRepeatedOverTheNextConnection() throws Exception {
        Side first = host.admit();
        ByteBuffer into = ByteBuffer.allocate(4);
        CompletableFuture<Long> reading = aside(() -> client.read("vm-1/1", 512, into, in(20_000)));
        first.expect(Message.Read.class);
        first.hangUp();
        Side second = host.admit();
        Message.Read again = second.expect(Message.Read.class);
        assertEquals(List.of(512L, 4L), List.of(again.offset(), (long) again.lengthBytes()));
        second.say(new Message.Data(again.request(), 9, ByteBuffer.wrap(new byte[] {1, 2, 3, 4})));
        assertEquals(9, reading.get(20, TimeUnit.SECONDS));
        assertEquals(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), into.flip());
    }

    @Test
    void garbageEndsTheConnectionAndTheAttachmentGoesOnOverTheNext() throws Exception {
        Side side = host.admit();
        FilterAttachment attachment = attach(side, 1 << 20);
        side.sayRaw(new byte[64]);
        side = host.admit();
        Message.Resume resume = side.expect(Message.Resume.class);
        assertEquals(new Message.Resume(resume.request(), ID, 1, 0), resume);
        side.say(whole(resume.request()));
        attachment.complete(1);
        assertEquals(new Complete(List.of(new Upto(ID, 1))), side.expect(Complete.class));
        side.say(write(3)); // 2 is missing
        side = host.admit();
        resume = side.expect(Message.Resume.class);
        assertEquals(new Message.Resume(resume.request(), ID, 1, 1), resume);
        side.say(whole(resume.request()));
        side.say(write(2));
        await(() -> recorder.sequences().equals(List.of(1L, 2L)));
        side.say(write(2)); // twice
        host.admit().expect(Message.Resume.class);
        assertEquals(Optional.empty(), attachment.gap());
        assertEquals(List.of(1L, 2L), recorder.sequences());
    }

    @Test
    void completionsOutOfOrderAreToldInOrder() throws Exception {
        Side side = host.admit();
        FilterAttachment attachment = attach(side, 1 << 20);
        for (long sequence = 2; sequence <= 5; sequence++) {
            side.say(write(sequence));
        }
        await(() -> recorder.sequences().size() == 5);
        attachment.complete(3);
        attachment.complete(5);
        attachment.complete(2);
        attachment.complete(2);
        assertThrows(IllegalArgumentException.class, () -> attachment.complete(6));
        aside(() -> attachment.status(in(5000)));
        Message.Status status = side.expect(Message.Status.class); // nothing was told before it
        side.say(whole(status.request()));
        attachment.complete(1);
        assertEquals(new Complete(List.of(new Upto(ID, 3))), side.expect(Complete.class));
        attachment.complete(4);
        assertEquals(new Complete(List.of(new Upto(ID, 5))), side.expect(Complete.class));
    }

    @Test
    void hostThatIgnoresTheWindowIsHungUpOn() throws Exception {
        Side side = host.admit();
        recorder.throwing = false;
        synchronized (recorder) { // the listener is stuck
            AttachSpec usual = AttachSpec.of("vm-1/1");
            CompletableFuture<FilterAttachment> attaching = aside(() -> client.attach(
                    new AttachSpec(usual.disk(), usual.mode(), usual.timeLimit(), 4096), recorder, in(20_000)));
            Message.Attach asked = side.expect(Message.Attach.class);
            side.say(new Message.Attached(asked.request(), ID, 1 << 20, true, 1));
            attaching.get(20, TimeUnit.SECONDS);
            assertThrows(IOException.class, () -> {
                for (long sequence = 1; sequence < 100_000; sequence++) {
                    side.say(write(sequence));
                }
            });
        }
        host.admit().expect(Message.Resume.class);
    }

    @Test
    void attachmentThatComesTooLateIsGivenBack() throws Exception {
        Side side = host.admit();
        assertThrows(IOException.class, () -> client.attach(AttachSpec.of("vm-1/1"), recorder, in(100)));
        Message.Attach asked = side.expect(Message.Attach.class);
        side.say(new Message.Attached(asked.request(), ID, 1 << 20, true, 1));
        assertEquals(ID, side.expect(Message.Detach.class).attachment());
        side.say(write(1));
        CompletableFuture<?> disks = aside(() -> client.disks(in(5000)));
        side.say(new Message.Disks(side.expect(Message.ListDisks.class).request(), List.of()));
        disks.get(20, TimeUnit.SECONDS);
        assertEquals(List.of(), recorder.sequences());
    }

    @Test
    void listenerThatThrowsLosesTheDiskAndNothingElse() throws Exception {
        Side side = host.admit();
        FilterAttachment attachment = attach(side, 1 << 20);
        recorder.throwing = true;
        side.say(write(2));
        assertEquals(ID, side.expect(Message.Detach.class).attachment());
        assertEquals(Optional.of(GapCause.LISTENER_FAILED), attachment.gap());
        assertEquals(
                Optional.of(GapCause.LISTENER_FAILED),
                attachment.status(in(1000)).gap());
        assertTrue(client.connected());
    }

    @Test
    void hostThatForgotMeansAGap() throws Exception {
        Side side = host.admit();
        FilterAttachment attachment = attach(side, 1 << 20);
        side.hangUp();
        side = host.admit();
        Message.Resume resume = side.expect(Message.Resume.class);
        side.say(new Message.Failed(resume.request(), Message.Failed.Kind.REJECTED, "who?"));
        await(() -> recorder.gaps.get() == 1);
        AttachmentState state = attachment.status(in(1000));
        assertEquals(Optional.of(GapCause.UNKNOWN), state.gap());
        assertEquals("who?", state.detail());
        attachment.close();
        attachment.close();
        assertEquals(1, recorder.gaps.get());
    }

    /** Neither a host that answers nothing nor a listener that does not come back keeps a client from closing. */
    @Test
    void closingTakesNoLongerThanItsLimit() throws Exception {
        Side side = host.admit();
        FilterAttachment attachment = attach(side, 1 << 20);
        long start = System.nanoTime();
        synchronized (recorder) {
            side.say(write(2));
            LockSupport.parkNanos(50_000_000);
            attachment.close();
            client.close();
            assertTrue(System.nanoTime() - start < Duration.ofSeconds(6).toNanos());
        }
        assertThrows(IOException.class, () -> client.disks(in(1000)));
        assertEquals(ID, side.expect(Message.Detach.class).attachment());
        side.expect(Message.Bye.class);
        assertThrows(EOFException.class, side::read);
        await(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("filter-disk")));
    }
}
