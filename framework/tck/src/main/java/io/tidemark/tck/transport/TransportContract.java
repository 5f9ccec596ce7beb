package io.tidemark.tck.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.transport.TransportListener;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the host relies on in every {@link io.tidemark.spi.transport.Transport}. These are the laws about opening, refusing, breaking and
 * closing; those about the flow of frames are inherited.
 */
public abstract class TransportContract extends TransportFlowLaws {
    private static final Logger LOG = LoggerFactory.getLogger(TransportContract.class);

    @Test
    public void the_listener_is_told_who_calls_and_what_for() throws Exception {
        Map<String, String> attributes = new HashMap<>();
        for (int i = 0; i < 32; i++) {
            attributes.put("name-" + i + "é".repeat(1017 - (i > 9 ? 1 : 0)), "ü".repeat(1024));
        }
        StreamSpec stream = new StreamSpec("control", attributes);
        BlockingQueue<StreamSpec> streams = new LinkedBlockingQueue<>();
        BlockingQueue<PeerFingerprint> peers = new LinkedBlockingQueue<>();
        RecordingHandler far = handler("far");
        TransportListener listener = listen((asked, peer, channel) -> {
            streams.add(asked);
            peers.add(peer);
            peers.add(channel.peer());
            return far;
        });
        PeerFingerprint shown = near().connect(
                        listener.endpoint(),
                        TestIdentities.one(),
                        TestIdentities.two().fingerprint(),
                        stream,
                        handler("near"),
                        soon())
                .peer();
        assertEquals(TestIdentities.two().fingerprint(), shown);
        assertEquals(stream, streams.poll(patience().toSeconds(), TimeUnit.SECONDS));
        assertEquals(
                List.of(TestIdentities.one().fingerprint(), TestIdentities.one().fingerprint()), List.copyOf(peers));
    }

    @Test
    public void a_refusal_reaches_the_caller_in_the_words_of_the_peer() throws Exception {
        for (FailureKind kind : FailureKind.values()) {
            AtomicInteger calls = new AtomicInteger();
            TransportListener listener = listen((stream, peer, channel) -> {
                calls.incrementAndGet();
                throw new ProviderException(kind, "Refused für " + stream.purpose(), "a reason", "Do something.");
            });
            RecordingHandler handler = handler("near");
            ProviderException refusal =
                    assertThrows(ProviderException.class, () -> connect(listener.endpoint(), handler, soon()));
            assertEquals(kind, refusal.kind());
            assertEquals("Refused für journal", refusal.happened());
            assertEquals("a reason", refusal.why());
            assertEquals("Do something.", refusal.remedy());
            assertEquals(1, calls.get());
            assertTrue(handler.closes().isEmpty(), "a channel that never was is not closed");
        }
    }

    @Test
    public void a_failing_listener_refuses_and_listens_on() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        RecordingHandler far = handler("far");
        TransportListener listener = listen((stream, peer, channel) -> {
            if (calls.getAndIncrement() == 0) {
                throw new IllegalStateException("a defect of the host");
            }
            return far;
        });
        assertThrows(ProviderException.class, () -> connect(listener.endpoint(), handler("near"), soon()));
        connect(listener.endpoint(), handler("near"), soon());
    }

    @Test
    public void another_certificate_than_the_expected_is_a_conflict() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        RecordingHandler far = handler("far");
        TransportListener listener = listen((stream, peer, channel) -> {
            calls.incrementAndGet();
            return far;
        });
        assertKind(FailureKind.CONFLICT, () -> near().connect(
                        listener.endpoint(),
                        TestIdentities.one(),
                        TestIdentities.stranger().fingerprint(),
                        STREAM,
                        handler("near"),
                        soon()));
        assertEquals(0, calls.get(), "nothing is told to a peer that is not the expected one");
    }

    @Test
    public void nobody_there_is_unreachable() throws Exception {
        // Another process may get the port that was let go; it does not get three in a row.
        for (int attempt = 1; attempt <= 3; attempt++) {
            TransportListener listener = listen((stream, peer, channel) -> handler("far"));
            Endpoint gone = listener.endpoint();
            assertNotEquals(0, gone.port(), "a listener knows its port");
            listener.close();
            listener.close();
            try (TransportChannel somebody = connect(gone, handler("near"), soon())) {
                assertNotNull(somebody.peer());
            } catch (ProviderException refusal) {
                assertEquals(FailureKind.UNREACHABLE, refusal.kind(), refusal::toString);
                return;
            }
        }
        fail("connecting to where nobody listens succeeded three times");
    }

    @Test
    public void connect_gives_up_at_its_deadline() throws Exception {
        Listening listening = listen();
        TransportSubject.Line line = line(listening.listener().endpoint());
        line.hang();
        assertTimeoutPreemptively(
                patience(),
                () -> assertKind(
                        FailureKind.UNREACHABLE,
                        () -> connect(line.entry(), handler("near"), Deadline.after(Duration.ofMillis(300)))));
    }

    @Test
    public void two_listeners_cannot_share_an_address() throws Exception {
        TransportListener first = listen((stream, peer, channel) -> handler("far"));
        assertThrows(ProviderException.class, () -> far().listen(
                        first.endpoint(), TestIdentities.two(), (stream, peer, channel) -> handler("far"), soon()));
    }

    @Test
    public void a_cut_connection_ends_both_sides_once_and_with_a_cause() throws Exception {
        PairOverLine broken = pairOverLine();
        broken.ends().near().send(1, bytes(1, 1000), patience());
        RecordingHandler far = broken.ends().far().handler();
        far.await("the frame", patience(), () -> !far.frames().isEmpty());
        broken.line().cut();
        awaitClosed(broken.ends().near(), Ending.WITH_CAUSE);
        awaitClosed(broken.ends().far(), Ending.WITH_CAUSE);
        // Closing what is closed changes nothing; the check that onClosed came once is repeated after the test.
        broken.ends().near().channel().close();
    }

    @Test
    public void a_silent_connection_ends_both_sides_once_and_with_a_cause() throws Exception {
        PairOverLine broken = pairOverLine();
        broken.line().hang();
        awaitClosed(broken.ends().near(), Ending.WITH_CAUSE);
        awaitClosed(broken.ends().far(), Ending.WITH_CAUSE);
    }

    @Test
    public void a_silent_connection_with_a_full_queue_ends_too() throws Exception {
        PairOverLine broken = pairOverLine();
        broken.line().hang();
        byte[] frame = bytes(1, 64 << 10);
        Side near = broken.ends().near();
        long position = 0;
        while (near.channel().offer(position++, ByteBuffer.wrap(frame)) == TransportChannel.Offer.ACCEPTED) {
            assertTrue(position < 4_000, "the queue has no bound");
        }
        awaitClosed(near, Ending.WITH_CAUSE);
        awaitClosed(broken.ends().far(), Ending.WITH_CAUSE);
    }

    @Test
    public void close_by_the_caller_ends_both_sides_in_peace() throws Exception {
        Pair pair = pair();
        closePeacefully(pair.near(), pair.far());
    }

    @Test
    public void close_by_the_called_ends_both_sides_in_peace() throws Exception {
        Pair pair = pair();
        closePeacefully(pair.far(), pair.near());
    }

    private void closePeacefully(Side closer, Side other) {
        other.send(1, bytes(1, 100_000), patience());
        closer.channel().close();
        closer.channel().close();
        awaitClosed(closer, Ending.IN_PEACE);
        awaitClosed(other, Ending.IN_PEACE);
    }

    @Test
    public void close_does_not_wait_for_a_peer_that_reads_nothing() throws Exception {
        Pair pair = pair();
        pair.far().handler().shutGate();
        byte[] frame = bytes(1, 64 << 10);
        long position = 0;
        while (pair.near().channel().offer(position++, ByteBuffer.wrap(frame)) == TransportChannel.Offer.ACCEPTED) {
            assertTrue(position < 4_000, "the queue has no bound");
        }
        assertTimeoutPreemptively(patience(), () -> pair.near().channel().close());
        awaitClosed(pair.near(), Ending.IN_PEACE);
        pair.far().handler().openGate();
        pair.far().handler().await("onClosed", patience(), () -> !pair.far()
                .handler()
                .closes()
                .isEmpty());
    }

    @Test
    public void a_handler_may_close_its_channel() throws Exception {
        Pair pair = pair();
        pair.far().handler().whenFrameComes(() -> pair.far().channel().close());
        pair.near().send(1, bytes(1, 10), patience());
        awaitClosed(pair.far(), Ending.IN_PEACE);
        awaitClosed(pair.near(), Ending.IN_PEACE);
    }

    @Test
    public void a_failing_handler_ends_its_channel_alone() throws Exception {
        Listening listening = listen();
        Pair failing = pair(listening);
        Pair other = pair(listening);
        failing.far().handler().whenFrameComes(() -> {
            throw new IllegalStateException("a defect of the host");
        });
        failing.near().send(1, bytes(1, 10), patience());
        awaitClosed(failing.far(), Ending.WITH_CAUSE);
        failing.near().handler().await("onClosed", patience(), () -> !failing.near()
                .handler()
                .closes()
                .isEmpty());
        stillWorks(other);
    }

    private void stillWorks(Pair pair) {
        int before = pair.far().handler().frames().size();
        pair.near().send(1_000_000, bytes(5, 500), patience());
        pair.far()
                .handler()
                .await(
                        "a frame of a channel that nobody harmed",
                        patience(),
                        () -> pair.far().handler().frames().size() > before);
    }

    @Test
    public void a_closed_listener_closes_its_channels_in_peace() throws Exception {
        Listening listening = listen();
        Pair pair = pair(listening);
        listening.listener().close();
        awaitClosed(pair.far(), Ending.IN_PEACE);
        awaitClosed(pair.near(), Ending.IN_PEACE);
    }

    @Test
    public void a_closed_transport_closes_everything_and_opens_nothing() throws Exception {
        Listening listening = listen();
        Pair pair = pair(listening);
        near().checkHealth(soon());
        assertFalse(near().description().isBlank());
        near().close();
        near().close();
        awaitClosed(pair.near(), Ending.IN_PEACE);
        awaitClosed(pair.far(), Ending.IN_PEACE);
        assertThrows(ProviderException.class, () -> connect(listening.listener().endpoint(), handler("near"), soon()));
        assertThrows(ProviderException.class, () -> near().checkHealth(soon()));
    }

    @Test
    public void strangers_who_send_rubbish_harm_nobody() throws Exception {
        if (subject().wire() != TransportSubject.Wire.TCP) {
            // Nothing to write rubbish into: the law holds of itself.
            return;
        }
        Listening listening = listen();
        Pair pair = pair(listening);
        Endpoint at = listening.listener().endpoint();
        byte[][] rubbish = {
            "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            new byte[100_000],
            bytes(System.nanoTime(), 5000),
            // The start of a TLS record that announces more than ever comes.
            {0x16, 0x03, 0x01, 0x7f, (byte) 0xff, 0x01},
            {}
        };
        for (byte[] bytes : rubbish) {
            try (Socket socket = new Socket(at.host(), at.port())) {
                writeQuietly(socket.getOutputStream(), bytes);
                stillWorks(pair);
            }
        }
        stillWorks(pair(listening));
        assertEquals(0, listening.accepted().size(), "no stranger becomes a channel");
    }

    /** The other side may hang up in the middle, and rightly so. */
    private static void writeQuietly(OutputStream out, byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("The transport hung up on rubbish");
        }
    }

    @Test
    public void a_server_that_speaks_something_else_is_no_peer() throws Exception {
        if (subject().wire() != TransportSubject.Wire.TCP) {
            // Nothing to write rubbish into: the law holds of itself.
            return;
        }
        try (ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> {
                try (Socket socket = server.accept()) {
                    writeQuietly(
                            socket.getOutputStream(),
                            "220 welcome to my mail server\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertKind(
                    FailureKind.UNREACHABLE,
                    () -> connect(new Endpoint("127.0.0.1", server.getLocalPort()), handler("near"), soon()));
        }
    }
}
