package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client on servers that hang, lie and talk nonsense. */
@Timeout(60)
class NbdClientFaultsTest {
    private static final int SIZE_BYTES = 1 << 20;

    @TempDir
    Path folder;

    private Path socket;
    private ServerSocketChannel listener;

    @BeforeEach
    void listen() throws IOException {
        socket = folder.resolve("s");
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    @Test
    void aServerThatNeverGreetsIsGivenUp() {
        IOException e = assertThrows(IOException.class, () -> connect(Duration.ofMillis(200)));
        assertTrue(e.toString().contains("sent no byte for 200 ms"), e.toString());
    }

    @Test
    void nonsenseInPlaceOfAGreetingIsRefused() {
        serve(channel -> send(
                channel,
                ByteBuffer.wrap(
                        "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII))));
        IOException e = assertThrows(IOException.class, () -> connect(Duration.ofSeconds(20)));
        assertTrue(e.toString().contains("not a newstyle NBD server"), e.toString());
    }

    @Test
    void wrongRepliesEndTheConnectionWithAReason() throws IOException {
        assertReadFails("wrong magic", simpleReply(7, 0, 0).putInt(0, 1));
        assertReadFails("not made", simpleReply(99, 0, 512));
        assertReadFails("simple reply to a read", simpleReply(1, 0, 512));
        assertReadFails("not made", chunk(99, 1, NbdProtocol.REPLY_TYPE_OFFSET_DATA, new byte[520]));
        assertReadFails("lacks 512 bytes", chunk(1, 1, NbdProtocol.REPLY_TYPE_NONE, new byte[0]));
        assertReadFails("outside the read", chunk(1, 1, NbdProtocol.REPLY_TYPE_OFFSET_DATA, new byte[8 + 513]));
        assertReadFails("outside the read", chunk(1, 1, NbdProtocol.REPLY_TYPE_OFFSET_HOLE, new byte[12]));
        assertReadFails("does not belong", chunk(1, 1, 77, new byte[3]));
        assertReadFails("not asked for", chunk(1, 1, NbdProtocol.REPLY_TYPE_BLOCK_STATUS, new byte[12]));
        assertReadFails(
                "longer than its chunk", chunk(1, 1, NbdProtocol.REPLY_TYPE_ERROR, new byte[] {0, 0, 0, 5, 9, 9}));
        assertReadFails("closed the connection", chunk(1, 0, NbdProtocol.REPLY_TYPE_NONE, new byte[0]));
    }

    @Test
    void anErrorChunkIsAnErrorAndTheConnectionGoesOn() throws IOException {
        byte[] error = {0, 0, 0, 28, 0, 4, 'f', 'u', 'l', 'l'};
        serve(channel -> {
            handshake(channel);
            receive(channel, 28);
            send(channel, chunk(1, 1, NbdProtocol.REPLY_TYPE_ERROR, error));
            receive(channel, 28);
            send(channel, chunk(2, 1, NbdProtocol.REPLY_TYPE_OFFSET_DATA, new byte[8 + 512]));
        });
        try (NbdClient client = connect(Duration.ofSeconds(20))) {
            NbdErrorException full =
                    assertThrows(NbdErrorException.class, () -> client.read(0, ByteBuffer.allocate(512)));
            assertEquals(NbdError.ENOSPC, full.error());
            assertTrue(full.toString().contains("full"), full.toString());
            client.read(0, ByteBuffer.allocate(512));
        }
    }

    @Test
    void aHungRequestEndsAtTheIdleLimit() throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        serve(channel -> {
            handshake(channel);
            assertTrue(done.await(50, TimeUnit.SECONDS));
        });
        try (NbdClient client = connect(Duration.ofMillis(200))) {
            IOException read = assertThrows(IOException.class, () -> client.read(0, ByteBuffer.allocate(512)));
            assertTrue(read.toString().contains("sent no byte for 200 ms"), read.toString());
            IOException later = assertThrows(IOException.class, client::flush);
            assertTrue(later.toString().contains("lost earlier"), later.toString());
        } finally {
            done.countDown();
        }
    }

    @Test
    void aServerThatTakesNoBytesEndsAWriteAtTheIdleLimit() throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        serve(channel -> {
            handshake(channel);
            assertTrue(done.await(50, TimeUnit.SECONDS));
        });
        try (NbdClient client = connect(Duration.ofMillis(200))) {
            IOException e = assertThrows(IOException.class, () -> client.write(0, ByteBuffer.allocate(SIZE_BYTES)));
            assertTrue(e.toString().contains("took no byte for 200 ms"), e.toString());
        } finally {
            done.countDown();
        }
    }

    @Test
    void closingFromAnotherThreadEndsTheCallUnderWay() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        serve(channel -> {
            handshake(channel);
            receive(channel, 28);
            asked.countDown();
            assertTrue(done.await(50, TimeUnit.SECONDS));
        });
        try (NbdClient client = connect(Duration.ofSeconds(50))) {
            Thread closer = Thread.startVirtualThread(() -> {
                try {
                    assertTrue(asked.await(20, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                client.close();
            });
            IOException e = assertThrows(IOException.class, () -> client.read(0, ByteBuffer.allocate(512)));
            assertTrue(e.toString().contains("closed during the call"), e.toString());
            closer.join();
            client.close();
            assertTrue(assertThrows(IOException.class, client::flush).toString().contains("is closed"));
        } finally {
            done.countDown();
        }
    }

    @Test
    void rangesOutsideTheExportNeverReachTheServer() throws IOException {
        serve(channel -> {
            handshake(channel);
            receive(channel, 28);
        });
        try (NbdClient client = connect(Duration.ofSeconds(20))) {
            for (long offset : new long[] {-1, SIZE_BYTES - 511, Long.MAX_VALUE, Long.MIN_VALUE}) {
                assertThrows(IllegalArgumentException.class, () -> client.read(offset, ByteBuffer.allocate(512)));
                assertThrows(IllegalArgumentException.class, () -> client.write(offset, ByteBuffer.allocate(512)));
                assertThrows(IllegalArgumentException.class, () -> client.blockStatus(offset, 512));
            }
            assertThrows(NbdErrorException.class, () -> client.trim(0, 512));
            assertFalse(client.abilities().contains(NbdAbility.TRIM));
            client.read(0, ByteBuffer.allocate(0));
            client.write(0, ByteBuffer.allocate(0));
        }
    }

    @Test
    void randomNonsenseNeverHangsNorEscapesAsAnythingButIoException() throws IOException {
        long seed = Long.getLong("nbd.fuzz.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 150; i++) {
            byte[] garbage = new byte[random.nextInt(200)];
            random.nextBytes(garbage);
            boolean afterHandshake = random.nextBoolean();
            serve(channel -> {
                if (afterHandshake) {
                    handshake(channel);
                    ByteBuffer reply = ByteBuffer.allocate(4 + garbage.length)
                            .putInt(NbdProtocol.STRUCTURED_REPLY_MAGIC)
                            .put(garbage);
                    send(channel, reply);
                } else {
                    send(
                            channel,
                            ByteBuffer.allocate(18 + garbage.length)
                                    .putLong(NbdProtocol.MAGIC)
                                    .putLong(NbdProtocol.OPTION_MAGIC)
                                    .putShort((short) 3)
                                    .put(garbage));
                }
            });
            assertThrows(
                    IOException.class,
                    () -> {
                        try (NbdClient client = connect(Duration.ofSeconds(20))) {
                            client.read(0, ByteBuffer.allocate(512));
                        }
                    },
                    () -> "replay with -DargLine=-Dnbd.fuzz.seed=" + seed);
        }
    }

    private interface Script {
        void run(SocketChannel channel) throws IOException, InterruptedException;
    }

    private void assertReadFails(String reason, ByteBuffer reply) throws IOException {
        serve(channel -> {
            handshake(channel);
            receive(channel, 28);
            send(channel, reply);
        });
        try (NbdClient client = connect(Duration.ofSeconds(20))) {
            IOException e = assertThrows(IOException.class, () -> client.read(1024, ByteBuffer.allocate(512)));
            assertTrue(e.toString().contains(reason), e.toString());
            assertFalse(e instanceof NbdErrorException, e.toString());
        }
    }

    private NbdClient connect(Duration idleLimit) throws IOException {
        return NbdClient.connect(NbdClientConfig.unix(socket, "").withIdleLimit(idleLimit));
    }

    /** Lets the next client have that script, and then a closed connection. */
    private void serve(Script script) {
        Thread.startVirtualThread(() -> {
            try (SocketChannel channel = listener.accept()) {
                script.run(channel);
            } catch (IOException clientLeft) {
                assertFalse(Thread.currentThread().isInterrupted());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Agrees on structured replies; the export can nothing beyond reading and writing. */
    private static void handshake(SocketChannel channel) throws IOException {
        send(
                channel,
                ByteBuffer.allocate(18)
                        .putLong(NbdProtocol.MAGIC)
                        .putLong(NbdProtocol.OPTION_MAGIC)
                        .putShort((short) 3));
        receive(channel, 4);
        while (true) {
            ByteBuffer header = receive(channel, 16);
            int option = header.getInt(8);
            receive(channel, header.getInt(12));
            if (option == NbdProtocol.OPT_GO) {
                new OptionReplies(option)
                        .add(
                                NbdProtocol.REP_INFO,
                                ByteBuffer.allocate(12)
                                        .putShort((short) 0)
                                        .putLong(SIZE_BYTES)
                                        .putShort((short) 5))
                        .acknowledge()
                        .send(channel);
                return;
            }
            new OptionReplies(option).acknowledge().send(channel);
        }
    }

    private static ByteBuffer simpleReply(long cookie, int error, int dataBytes) {
        return ByteBuffer.allocate(16 + dataBytes)
                .putInt(NbdProtocol.SIMPLE_REPLY_MAGIC)
                .putInt(error)
                .putLong(cookie)
                .put(new byte[dataBytes]);
    }

    /** A chunk whose data is as given; an offset in it is zero, which is not the one that the read asks for. */
    private static ByteBuffer chunk(long cookie, int flags, int type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(20 + data.length)
                .putInt(NbdProtocol.STRUCTURED_REPLY_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putInt(data.length)
                .put(data);
        return chunk;
    }

    private static void send(SocketChannel channel, ByteBuffer filled) throws IOException {
        ByteBuffer data = filled.position() == 0 ? filled : filled.flip();
        while (data.hasRemaining()) {
            channel.write(data);
        }
    }

    private static ByteBuffer receive(SocketChannel channel, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new IOException("client left");
            }
        }
        return buffer.flip();
    }
}
