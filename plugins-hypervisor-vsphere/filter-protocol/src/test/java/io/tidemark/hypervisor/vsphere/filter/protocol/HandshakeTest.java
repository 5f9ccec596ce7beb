package io.tidemark.hypervisor.vsphere.filter.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.plugin.Deadline;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is let in, and whom a client trusts. */
final class HandshakeTest {
    private static final FilterSecret SECRET = FilterSecret.of("this is the secret that both sides know");
    private static final FilterSecret OTHER = FilterSecret.of("this is a secret that nobody else knows");
    private static final UUID CLIENT = UUID.randomUUID();
    private static final UUID HOST = UUID.randomUUID();

    private final ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final Socket client = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
    private final Socket host = server.accept();

    HandshakeTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        client.close();
        host.close();
        server.close();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(10));
    }

    private interface Step<T> {
        T take() throws IOException;
    }

    private static <T> CompletableFuture<T> aside(Step<T> step) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(step.take());
            } catch (IOException failed) {
                result.completeExceptionally(failed);
            }
        });
        return result;
    }

    private CompletableFuture<FilterConnection> entering(FilterSecret secret) {
        return aside(() -> FilterConnection.enter(client, secret, CLIENT, "test", soon()));
    }

    private CompletableFuture<FilterConnection> admitting(FilterSecret secret) {
        return aside(() -> FilterConnection.admit(host, secret, HOST, 1234, soon()));
    }

    private static Throwable failure(CompletableFuture<?> of) {
        ExecutionException failed = assertThrows(ExecutionException.class, () -> of.get(20, TimeUnit.SECONDS));
        Throwable cause = failed.getCause();
        if (cause == null) {
            throw new AssertionError("no cause", failed);
        }
        return cause;
    }

    private MessageReader hostSide() throws IOException {
        return new MessageReader(host.getInputStream());
    }

    private void sayAsHost(Message message) throws IOException {
        host.getOutputStream().write(MessageWriter.frame(message));
    }

    @Test
    void bothSidesKnowEachOther() throws Exception {
        CompletableFuture<FilterConnection> entered = entering(SECRET);
        FilterConnection there = admitting(SECRET).get(20, TimeUnit.SECONDS);
        FilterConnection here = entered.get(20, TimeUnit.SECONDS);
        assertEquals(HOST, here.peer());
        assertEquals(CLIENT, there.peer());
        assertEquals(1234, here.idleMillis());
        here.write(MessageWriter.frame(new Message.Ping()));
        here.flush();
        assertEquals(new Message.Ping(), there.read());
        assertThrows(SocketTimeoutException.class, there::read, "silence is noticed");
    }

    @Test
    void hostWithoutTheSecretLearnsNothing() throws Exception {
        CompletableFuture<FilterConnection> admitted = admitting(OTHER);
        assertTrue(failure(entering(SECRET)).toString().contains("host does not know"));
        client.close();
        assertInstanceOf(EOFException.class, failure(admitted), "no proof was sent to it");
    }

    @Test
    void clientWithoutTheSecretIsRefused() throws Exception {
        // One that does not mind whom it talks to: else it would find out first.
        CompletableFuture<FilterConnection> admitted = admitting(SECRET);
        client.getOutputStream()
                .write(MessageWriter.frame(new Message.Hello(1, CLIENT, ByteBuffer.wrap(new byte[32]), "thief")));
        MessageReader reader = new MessageReader(client.getInputStream());
        Message.Challenge challenge = (Message.Challenge) reader.next();
        // The host's own proof is of no use to it.
        client.getOutputStream().write(MessageWriter.frame(new Message.Proof(challenge.proof())));
        assertInstanceOf(Message.Refuse.class, reader.next());
        assertInstanceOf(RefusedException.class, failure(admitted));
    }

    /** What was once a proof is none in another handshake. */
    @Test
    void recordedProofIsWorthless() throws Exception {
        CompletableFuture<FilterConnection> first = entering(SECRET);
        MessageReader reader = hostSide();
        Message.Hello hello = (Message.Hello) reader.next();
        ByteBuffer nonce = ByteBuffer.wrap(new byte[32]);
        FilterSecret.Transcript said = new FilterSecret.Transcript(1, CLIENT, HOST, hello.nonce(), nonce);
        sayAsHost(new Message.Challenge(1, HOST, nonce, SECRET.proof(FilterSecret.Side.HOST, said)));
        Message.Proof recorded = (Message.Proof) reader.next();
        sayAsHost(new Message.Welcome(1000));
        first.get(20, TimeUnit.SECONDS);

        try (Socket again = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
                Socket there = server.accept()) {
            CompletableFuture<FilterConnection> admitted =
                    aside(() -> FilterConnection.admit(there, SECRET, HOST, 1000, soon()));
            again.getOutputStream().write(MessageWriter.frame(hello));
            MessageReader answers = new MessageReader(again.getInputStream());
            assertInstanceOf(Message.Challenge.class, answers.next());
            again.getOutputStream().write(MessageWriter.frame(recorded));
            assertInstanceOf(Message.Refuse.class, answers.next());
            assertInstanceOf(RefusedException.class, failure(admitted));
        }
    }

    @Test
    void proofsDependOnEverythingThatWasSaid() {
        ByteBuffer one = ByteBuffer.wrap(new byte[32]);
        ByteBuffer two = ByteBuffer.wrap(new byte[32]).put(31, (byte) 1);
        FilterSecret.Transcript said = new FilterSecret.Transcript(1, CLIENT, HOST, one, two);
        ByteBuffer proof = SECRET.proof(FilterSecret.Side.CLIENT, said);
        assertTrue(SECRET.proves(FilterSecret.Side.CLIENT, said, proof));
        assertFalse(SECRET.proves(FilterSecret.Side.HOST, said, proof));
        assertFalse(OTHER.proves(FilterSecret.Side.CLIENT, said, proof));
        for (FilterSecret.Transcript changed : List.of(
                new FilterSecret.Transcript(2, CLIENT, HOST, one, two),
                new FilterSecret.Transcript(1, HOST, HOST, one, two),
                new FilterSecret.Transcript(1, CLIENT, CLIENT, one, two),
                new FilterSecret.Transcript(1, CLIENT, HOST, two, two),
                new FilterSecret.Transcript(1, CLIENT, HOST, one, one))) {
            assertFalse(SECRET.proves(FilterSecret.Side.CLIENT, changed, proof), changed::toString);
        }
        assertEquals("a filter secret", SECRET.toString());
        assertThrows(IllegalArgumentException.class, () -> FilterSecret.of("31 bytes are not enough for it \n"));
    }

    @Test
    void anotherVersionIsToldSo() throws Exception {
        CompletableFuture<FilterConnection> admitted = admitting(SECRET);
        client.getOutputStream()
                .write(MessageWriter.frame(new Message.Hello(2, CLIENT, ByteBuffer.wrap(new byte[32]), "new")));
        Message.Refuse refuse = (Message.Refuse) new MessageReader(client.getInputStream()).next();
        assertTrue(refuse.reason().contains("version 1"), refuse.reason());
        assertInstanceOf(RefusedException.class, failure(admitted));
    }

    @Test
    void silentPeersAreNotWaitedFor() {
        assertThrows(
                SocketTimeoutException.class,
                () -> FilterConnection.admit(host, SECRET, HOST, 1000, Deadline.after(Duration.ofMillis(100))));
        assertThrows(
                SocketTimeoutException.class,
                () -> FilterConnection.enter(client, SECRET, CLIENT, "x", Deadline.after(Duration.ofMillis(100))));
    }
}
