package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sockets, exports and connections coming and going. */
@Timeout(60)
class NbdServerLifecycleTest {
    private static final int SIZE_BYTES = 1 << 20;

    @TempDir
    Path folder;

    private Path socket;

    @BeforeEach
    void name() {
        socket = folder.resolve("s");
    }

    @Test
    void closingRemovesTheSocketAndIsIdempotent() throws IOException {
        NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket));
        assertTrue(Files.exists(socket));
        server.close();
        assertFalse(Files.exists(socket));
        try (NbdServer next = NbdServer.listen(NbdServerConfig.unix(socket))) {
            server.close();
            assertTrue(Files.exists(socket), "the second close must not touch the next server's socket");
            assertEquals(UnixDomainSocketAddress.of(socket), next.address());
        }
        assertThrows(IllegalStateException.class, () -> server.addExport("", new MemoryExport(1)));
    }

    @Test
    void closingLeavesAFileThatTookTheSocketsPlace() throws IOException {
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket))) {
            assertEquals(Set.of(), server.exportNames());
            Files.delete(socket);
            Files.writeString(socket, "mine");
        }
        assertEquals("mine", Files.readString(socket));
    }

    @Test
    void onlyASocketThatNobodyListensOnIsReplaced() throws IOException {
        ServerSocketChannel crashed = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        crashed.bind(UnixDomainSocketAddress.of(socket));
        IOException inUse = assertThrows(IOException.class, () -> NbdServer.listen(NbdServerConfig.unix(socket)));
        assertTrue(inUse.toString().contains("another process is listening"), inUse.toString());
        crashed.close();
        assertTrue(Files.exists(socket));
        NbdServer.listen(NbdServerConfig.unix(socket)).close();

        Files.writeString(socket, "precious");
        IOException notASocket = assertThrows(IOException.class, () -> NbdServer.listen(NbdServerConfig.unix(socket)));
        assertTrue(notASocket.toString().contains("not a socket"), notASocket.toString());
        assertEquals("precious", Files.readString(socket));
    }

    @Test
    void addressesThatCantBeHadAreRefusedWithAReason() throws IOException {
        Path tooLong = folder.resolve("x".repeat(120));
        IOException e = assertThrows(IOException.class, () -> NbdServer.listen(NbdServerConfig.unix(tooLong)));
        assertTrue(e.toString().contains(tooLong.toString()), e.toString());
        InetSocketAddress everywhere = new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0);
        NbdServerConfig any = NbdServerConfig.loopback(0);
        IllegalArgumentException open = assertThrows(
                IllegalArgumentException.class,
                () -> new NbdServerConfig(
                        everywhere, any.bufferBytes(), 1, any.handshakeLimit(), any.drainLimit(), any.threads()));
        assertTrue(open.toString().contains("loopback"), open.toString());
    }

    @Test
    void exportsHaveUniqueNamesOfLimitedLength() throws IOException {
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket))) {
            server.addExport("a", new MemoryExport(1));
            assertThrows(IllegalArgumentException.class, () -> server.addExport("a", new MemoryExport(1)));
            assertThrows(IllegalArgumentException.class, () -> server.addExport("ä".repeat(2049), new MemoryExport(1)));
            assertEquals(Set.of("a"), server.exportNames());
            assertTrue(server.removeExport("a"));
            assertTrue(server.removeExport("a"));
            server.addExport("a", new MemoryExport(1));
        }
    }

    @Test
    void connectionsAreCountedPerExport() throws IOException {
        try (NbdServer server = NbdServer.listen(NbdServerConfig.loopback(0))) {
            server.addExport("a", new MemoryExport(SIZE_BYTES));
            server.addExport("b", new MemoryExport(SIZE_BYTES));
            InetSocketAddress address = (InetSocketAddress) server.address();
            List<NbdClient> clients = new ArrayList<>();
            for (int i = 1; i <= 3; i++) {
                clients.add(NbdClient.connect(NbdClientConfig.tcp(address, "a")));
                assertEquals(i, server.connections("a"), "counted once the client knows that it is connected");
            }
            clients.add(NbdClient.connect(NbdClientConfig.tcp(address, "b")));
            assertEquals(1, server.connections("b"));
            assertEquals(0, server.connections("c"));
            assertTrue(server.disconnectAll("a"));
            assertEquals(0, server.connections("a"));
            assertThrows(IOException.class, () -> clients.get(0).read(0, ByteBuffer.allocate(1)));
            clients.get(3).read(0, ByteBuffer.allocate(1));
            try (NbdClient again = NbdClient.connect(NbdClientConfig.tcp(address, "a"))) {
                again.read(0, ByteBuffer.allocate(1));
            }
            Tool.await("the client that left to be uncounted", () -> server.connections("a") == 0);
            clients.forEach(NbdClient::close);
        }
    }

    @Test
    void removingAnExportDisconnectsItsClientsAlone() throws IOException {
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket))) {
            server.addExport("gone", new MemoryExport(SIZE_BYTES));
            server.addExport("stays", new MemoryExport(SIZE_BYTES));
            try (NbdClient gone = NbdClient.connect(NbdClientConfig.unix(socket, "gone"));
                    NbdClient stays = NbdClient.connect(NbdClientConfig.unix(socket, "stays"))) {
                assertTrue(server.removeExport("gone"));
                assertThrows(IOException.class, () -> gone.read(0, ByteBuffer.allocate(1)));
                stays.read(0, ByteBuffer.allocate(1));
                IOException none =
                        assertThrows(IOException.class, () -> NbdClient.connect(NbdClientConfig.unix(socket, "gone")));
                assertTrue(none.toString().contains("no export of that name"), none.toString());
            }
        }
    }

    @Test
    void removalWaitsForTheCallThatIsUnderWayAndGivesUpOnAHungOne() throws Exception {
        Gate gate = new Gate();
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket).withDrainLimit(Duration.ofMillis(200)))) {
            server.addExport("", gate);
            try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, ""))) {
                Thread caller = Thread.startVirtualThread(() -> {
                    assertThrows(IOException.class, () -> client.flush());
                });
                assertTrue(gate.entered.await(20, TimeUnit.SECONDS));
                assertFalse(server.removeExport(""), "the call still runs");
                caller.join();
            }
            assertFalse(gate.interrupted());
            gate.open.countDown();
            Tool.await("the hung call to end", () -> gate.left.getCount() == 0);
        }
    }

    @Test
    void anExportMayRemoveItselfFromWithinACall() throws Exception {
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket))) {
            AtomicReference<Boolean> drained = new AtomicReference<>();
            server.addExport("", new MemoryExport(SIZE_BYTES) {
                @Override
                public void flush() {
                    drained.set(server.removeExport(""));
                }
            });
            try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, ""))) {
                assertThrows(IOException.class, client::flush);
            }
            Tool.await("the removal to return", () -> drained.get() != null);
            assertEquals(true, drained.get());
        }
    }

    @Test
    void closingTheServerUnblocksEveryConnectionThread() throws Exception {
        List<Thread> threads = new ArrayList<>();
        NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket).withThreads(task -> {
            Thread thread = Thread.ofPlatform().daemon().unstarted(task);
            threads.add(thread);
            return thread;
        }));
        server.addExport("", new MemoryExport(SIZE_BYTES));
        try (RawConnection greeted = new RawConnection(socket);
                RawConnection idle = new RawConnection(socket).chooseDefault();
                RawConnection half = new RawConnection(socket).chooseDefault()) {
            greeted.receive(18);
            half.request(NbdProtocol.CMD_WRITE, 0, 1, 0, 4096, new byte[100]);
            server.close();
            for (Thread thread : threads) {
                assertTrue(thread.join(Duration.ofSeconds(20)), thread + " still runs");
            }
            assertEquals(3, threads.size());
            assertEquals(0, greeted.drain() + idle.drain());
        }
    }

    @Test
    void aClientThatReadsNoRepliesHoldsUpNeitherOthersNorClose() throws Exception {
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket))) {
            server.addExport("", new MemoryExport(SIZE_BYTES));
            try (RawConnection stuck = new RawConnection(socket).chooseDefault()) {
                for (int i = 0; i < 20; i++) {
                    stuck.request(NbdProtocol.CMD_READ, 0, i, 0, SIZE_BYTES);
                }
                try (NbdClient other = NbdClient.connect(NbdClientConfig.unix(socket, ""))) {
                    other.read(0, ByteBuffer.allocate(SIZE_BYTES));
                }
                assertTrue(server.removeExport(""));
            }
        }
    }

    @Test
    void handshakesThatTakeTooLongAreEnded() throws IOException {
        try (NbdServer server =
                NbdServer.listen(NbdServerConfig.unix(socket).withHandshakeLimit(Duration.ofMillis(100)))) {
            server.addExport("", new MemoryExport(SIZE_BYTES));
            try (RawConnection silent = new RawConnection(socket);
                    RawConnection chosen = new RawConnection(socket).chooseDefault()) {
                assertEquals(18, silent.drain());
                chosen.request(NbdProtocol.CMD_READ, 0, 1, 0, 16);
                assertEquals(16, chosen.reply(16).data().length, "once an export is chosen there is no limit");
            }
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws IOException {
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket).withMaxConnections(2))) {
            server.addExport("", new MemoryExport(SIZE_BYTES));
            try (RawConnection first = new RawConnection(socket).chooseDefault();
                    RawConnection second = new RawConnection(socket).chooseDefault();
                    RawConnection third = new RawConnection(socket)) {
                assertEquals(0, third.drain());
                first.close();
                Tool.await("the place to be free", () -> server.connections("") == 1);
                second.request(NbdProtocol.CMD_READ, 0, 1, 0, 16);
                assertEquals(16, second.reply(16).data().length);
            }
        }
    }

    /** An export whose flush hangs until let go. */
    private static final class Gate extends MemoryExport {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch open = new CountDownLatch(1);
        final CountDownLatch left = new CountDownLatch(1);
        private volatile boolean interrupted;

        Gate() {
            super(SIZE_BYTES);
        }

        boolean interrupted() {
            return interrupted;
        }

        @Override
        public void flush() throws IOException {
            entered.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                interrupted = true;
                throw new IOException(e);
            } finally {
                left.countDown();
            }
        }
    }
}
