package io.tidemark.tck.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.InboundHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.transport.TransportListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;

/** Two sites with a transport each, for the laws: "near" connects, "far" listens. */
public abstract class TransportFixture {
    static final StreamSpec STREAM = new StreamSpec("journal", Map.of("vpg", "a", "empty", ""));

    private final List<AutoCloseable> closing = new ArrayList<>();
    private final List<RecordingHandler> handlers = new CopyOnWriteArrayList<>();
    private final RecordingContext nearContext = new RecordingContext("near");
    private final RecordingContext farContext = new RecordingContext("far");
    private Optional<Transport> nearTransport = Optional.empty();
    private Optional<Transport> farTransport = Optional.empty();

    /** What is tested. Called once per test method. */
    protected abstract TransportSubject subject();

    /** How long to wait for something that must happen before it counts as missing. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    @BeforeEach
    public final void openTransports() throws ProviderException {
        nearTransport = Optional.of(subject().open(nearContext));
        farTransport = Optional.of(subject().open(farContext));
    }

    /** Closes everything and checks what holds for every channel in every test. */
    @AfterEach
    public final void closeTransports() throws Exception {
        handlers.forEach(RecordingHandler::openGate);
        nearTransport.ifPresent(Transport::close);
        farTransport.ifPresent(Transport::close);
        for (AutoCloseable each : closing.reversed()) {
            each.close();
        }
        for (RecordingHandler handler : handlers) {
            assertEquals(List.of(), handler.offences(), "calls of a handler that break the contract");
        }
        awaitTrue(
                "all threads of the closed transports to end",
                () -> nearContext.aliveThreads().isEmpty()
                        && farContext.aliveThreads().isEmpty());
    }

    final Transport near() {
        return nearTransport.orElseThrow();
    }

    final Transport far() {
        return farTransport.orElseThrow();
    }

    final Deadline soon() {
        return Deadline.after(patience());
    }

    final <T extends AutoCloseable> T closeLater(T one) {
        closing.add(one);
        return one;
    }

    final RecordingHandler handler(String name) {
        RecordingHandler handler = new RecordingHandler(name);
        handlers.add(handler);
        return handler;
    }

    /** Listens at the far site and takes every channel. */
    final Listening listen() throws ProviderException {
        BlockingQueue<Side> accepted = new LinkedBlockingQueue<>();
        InboundHandler takeAll = (stream, peer, channel) -> {
            RecordingHandler handler = handler("far");
            accepted.add(new Side(channel, handler));
            return handler;
        };
        return new Listening(listen(takeAll), accepted);
    }

    final TransportListener listen(InboundHandler handler) throws ProviderException {
        return closeLater(far().listen(subjectAddress(), TestIdentities.two(), handler, soon()));
    }

    final Endpoint subjectAddress() {
        return subject().listenAt();
    }

    final Side connect(Endpoint to) throws ProviderException {
        RecordingHandler handler = handler("near");
        return new Side(connect(to, handler, soon()), handler);
    }

    final TransportChannel connect(Endpoint to, RecordingHandler handler, Deadline deadline) throws ProviderException {
        return near().connect(to, TestIdentities.one(), TestIdentities.two().fingerprint(), STREAM, handler, deadline);
    }

    /** One channel, both sides. */
    final Pair pair() throws Exception {
        return pair(listen());
    }

    final Pair pair(Listening listening) throws Exception {
        return pair(listening, listening.listener().endpoint());
    }

    final Pair pair(Listening listening, Endpoint entry) throws Exception {
        Side near = connect(entry);
        return new Pair(near, listening.next(patience()));
    }

    /** A channel over a line that can be broken. */
    final PairOverLine pairOverLine() throws Exception {
        Listening listening = listen();
        TransportSubject.Line line = line(listening.listener().endpoint());
        return new PairOverLine(pair(listening, line.entry()), line);
    }

    final TransportSubject.Line line(Endpoint target) throws IOException {
        return closeLater(subject().line(target));
    }

    final void awaitTrue(String what, BooleanSupplier condition) {
        new RecordingHandler("the test").await(what, patience(), condition);
    }

    /** The side hears of the end exactly once: with a cause or in peace. */
    final void awaitClosed(Side side, Ending ending) {
        side.handler()
                .await("onClosed", patience(), () -> !side.handler().closes().isEmpty());
        Optional<ProviderException> cause = side.handler().closes().getFirst();
        assertEquals(ending == Ending.WITH_CAUSE, cause.isPresent(), () -> "a cause of the end, " + cause);
        assertEquals(
                TransportChannel.Offer.CLOSED,
                side.channel().offer(Long.MAX_VALUE, ByteBuffer.allocate(1)),
                "offer to a closed channel");
        assertEquals(1, side.handler().closes().size(), "calls of onClosed");
    }

    static void assertKind(FailureKind expected, Executable call) {
        ProviderException failure = assertThrows(ProviderException.class, call);
        assertEquals(expected, failure.kind(), failure::getMessage);
    }

    static byte[] bytes(long seed, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static void assertSame(byte[] expected, byte[] actual, String what) {
        if (!Arrays.equals(expected, actual)) {
            Assertions.fail(what + " changed on its way: " + expected.length + " bytes sent, " + actual.length
                    + " received, first difference at " + Arrays.mismatch(expected, actual));
        }
    }

    /** How a channel ends. */
    enum Ending {
        IN_PEACE,
        WITH_CAUSE
    }

    /** One end of a channel. */
    record Side(TransportChannel channel, RecordingHandler handler) {
        /** Offers until taken; for tests that are not about back-pressure. */
        void send(long position, byte[] frame, Duration patience) {
            ByteBuffer buffer = ByteBuffer.wrap(frame);
            while (true) {
                int before = handler.writable();
                switch (channel.offer(position, buffer)) {
                    case ACCEPTED -> {
                        return;
                    }
                    case CLOSED -> Assertions.fail("the channel closed: " + handler.closes());
                    case BACK_PRESSURE ->
                        handler.await("onWritable after back-pressure", patience, () -> handler.writable() > before);
                }
            }
        }
    }

    /** Both ends of a channel. */
    record Pair(Side near, Side far) {}

    /** Both ends of a channel, and the line between. */
    record PairOverLine(Pair ends, TransportSubject.Line line) {}

    /** A listener and what came in. */
    record Listening(TransportListener listener, BlockingQueue<Side> accepted) {
        Side next(Duration patience) throws InterruptedException {
            Side side = accepted.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (side == null) {
                throw new AssertionError("the listener was not asked about the channel");
            }
            return side;
        }
    }
}
