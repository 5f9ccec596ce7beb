package io.tidemark.transport.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportListener;
import io.tidemark.tck.transport.TestIdentities;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A peer that gets through TLS and then breaks the protocol loses its channel with a reason, and nobody else's. */
final class HostilePeerTest {
    private static final StreamSpec STREAM = new StreamSpec("journal", Map.of());
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final TcpTransport transport = new TcpTransport(new TcpSettings(1 << 20, 5000), new ThreadsOnlyContext());
    private final BlockingQueue<Optional<ProviderException>> closes = new LinkedBlockingQueue<>();
    private Optional<TransportListener> listener = Optional.empty();

    @BeforeEach
    void listen() throws ProviderException {
        listener = Optional.of(transport.listen(
                new Endpoint("127.0.0.1", 0), TestIdentities.two(), (stream, peer, channel) -> handler(), soon()));
    }

    @AfterEach
    void close() {
        transport.close();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }

    private ChannelHandler handler() {
        return new ChannelHandler() {
            @Override
            public void onFrame(long position, ByteBuffer frame) {}

            @Override
            public void onAcknowledged(long position) {}

            @Override
            public void onWritable() {}

            @Override
            public void onClosed(Optional<ProviderException> cause) {
                closes.add(cause);
            }
        };
    }

    /** Speaks TLS with a good certificate and then whatever the test wants. */
    private final class RawPeer implements AutoCloseable {
        private final Socket plain;
        private final SecureSocket socket;
        private final FrameReader reader;

        RawPeer() throws Exception {
            Endpoint at = listener.orElseThrow().endpoint();
            plain = new Socket(at.host(), at.port());
            plain.setSoTimeout(20_000);
            SSLSocket tls = (SSLSocket) TlsContexts.of(TestIdentities.one())
                    .getSocketFactory()
                    .createSocket(plain, at.host(), at.port(), true);
            tls.setUseClientMode(true);
            socket = new SecureSocket(plain, tls);
            socket.handshake();
            reader = new FrameReader(socket.in());
        }

        void send(ByteBuffer bytes) throws IOException {
            socket.out().write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            socket.out().flush();
        }

        void open() throws IOException {
            send(frame(FrameType.HELLO, 0, Hello.encode(STREAM)));
            assertEquals(FrameType.WELCOME, reader.next().type());
        }

        ProviderException refusal() throws IOException {
            while (true) {
                FrameReader.Frame frame = reader.next();
                if (frame.type() == FrameType.REFUSE) {
                    return Refusal.decode(frame.payload());
                }
            }
        }

        @Override
        public void close() {
            socket.cut();
        }
    }

    private static ByteBuffer frame(FrameType type, long position, ByteBuffer payload) {
        ByteBuffer frame = ByteBuffer.allocate(FrameHeader.BYTES + payload.remaining());
        FrameHeader.put(frame, type, position, payload);
        return frame.put(payload.duplicate()).flip();
    }

    private static ByteBuffer data(Consumer<ByteBuffer> change) {
        ByteBuffer frame = frame(FrameType.DATA, 5, ByteBuffer.wrap(new byte[100]));
        change.accept(frame);
        return frame;
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                Arguments.of("flipped bit", data(frame -> frame.put(70, (byte) 1)), "checksum"),
                Arguments.of("unknown type", data(frame -> frame.put(4, (byte) 99)), "type 99"),
                Arguments.of("reserved byte", data(frame -> frame.put(6, (byte) 1)), "reserved"),
                Arguments.of("huge length", data(frame -> frame.putInt(0, Integer.MAX_VALUE)), "longer than"),
                Arguments.of("negative length", data(frame -> frame.putInt(0, -1)), "longer than"),
                Arguments.of("payload of a ping", data(frame -> frame.put(4, FrameType.PING.code())), "longer than"),
                Arguments.of("second hello", frame(FrameType.HELLO, 0, Hello.encode(STREAM)), "in the middle"),
                Arguments.of("cut refusal", frame(FrameType.REFUSE, 0, ByteBuffer.wrap(new byte[] {0, 9, 1})), "ends"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void a_malformed_frame_ends_its_channel_with_the_reason_on_both_sides(String name, ByteBuffer bytes, String reason)
            throws Exception {
        try (RawPeer good = new RawPeer();
                RawPeer bad = new RawPeer()) {
            good.open();
            bad.open();
            bad.send(bytes);
            ProviderException told = bad.refusal();
            assertEquals(FailureKind.CORRUPT, told.kind());
            assertTrue(told.why().contains(reason), told::why);
            bad.close();
            Optional<ProviderException> cause = closes.poll(20, TimeUnit.SECONDS);
            assertTrue(cause != null && cause.orElseThrow().why().contains(reason), () -> String.valueOf(cause));
            good.send(frame(FrameType.BYE, 0, NOTHING));
            assertEquals(Optional.empty(), closes.poll(20, TimeUnit.SECONDS), "the other channel was not touched");
        }
    }

    @Test
    void positions_that_shrink_end_the_channel() throws Exception {
        try (RawPeer peer = new RawPeer()) {
            peer.open();
            peer.send(frame(FrameType.DATA, 7, NOTHING));
            peer.send(frame(FrameType.DATA, 6, NOTHING));
            assertTrue(peer.refusal().why().contains("position 6 comes after 7"));
        }
    }

    @Test
    void a_wrong_hello_is_refused() throws Exception {
        ByteBuffer otherVersion = Hello.encode(STREAM).putShort(4, (short) 77);
        ByteBuffer otherMagic = Hello.encode(STREAM).putInt(0, 42);
        ByteBuffer whole = Hello.encode(STREAM);
        ByteBuffer half = whole.slice(0, whole.remaining() - 3);
        assertEquals(
                FailureKind.UNSUPPORTED,
                refused(frame(FrameType.HELLO, 0, otherVersion)).kind());
        assertTrue(refused(frame(FrameType.HELLO, 0, otherMagic)).why().contains("magic"));
        assertTrue(refused(frame(FrameType.HELLO, 0, half)).why().contains("ends in the middle"));
        assertTrue(refused(frame(FrameType.DATA, 0, NOTHING)).why().contains("no HELLO"));
        assertEquals(0, closes.size(), "what was never a channel is not closed");
    }

    private ProviderException refused(ByteBuffer hello) throws Exception {
        try (RawPeer peer = new RawPeer()) {
            peer.send(hello);
            return peer.refusal();
        }
    }

    @Test
    void settings_out_of_range_are_refused_by_name() {
        for (Map<String, String> bad : List.of(
                Map.of("send-buffer-bytes", "lots", "idle-timeout-ms", "1000"),
                Map.of("send-buffer-bytes", "1", "idle-timeout-ms", "1000"),
                Map.of("send-buffer-bytes", "65536", "idle-timeout-ms", "1"))) {
            ProviderException refused = assertThrows(ProviderException.class, () -> new TcpTransportFactory()
                    .open(new ProviderConfig(bad), new ThreadsOnlyContext(), soon()));
            assertEquals(FailureKind.REJECTED, refused.kind());
        }
    }
}
