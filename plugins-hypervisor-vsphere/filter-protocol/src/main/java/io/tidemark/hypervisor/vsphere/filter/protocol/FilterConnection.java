package io.tidemark.hypervisor.vsphere.filter.protocol;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret.Side;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret.Transcript;
import io.tidemark.spi.plugin.Deadline;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * An open connection whose two sides have proved to each other that they know the secret. One thread reads, one writes, any closes.
 *
 * <pre>
 *  client                          host
 *    │ HELLO (id, nonce)            │
 *    │─────────────────────────────▶│
 *    │   CHALLENGE (id, nonce, proof)│
 *    │◀─────────────────────────────│  a host that knows the secret, or the client hangs up
 *    │ PROOF                        │
 *    │─────────────────────────────▶│  a client that knows the secret, or REFUSE
 *    │                      WELCOME │
 *    │◀─────────────────────────────│
 * </pre>
 */
public final class FilterConnection implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int LEAST_IDLE_MILLIS = 50;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Socket socket;
    private final MessageReader reader;
    private final OutputStream out;
    private final UUID peer;
    private final int idleMillis;

    private FilterConnection(Socket socket, MessageReader reader, OutputStream out, UUID peer, int idleMillis)
            throws IOException {
        this.socket = socket;
        this.reader = reader;
        this.out = out;
        this.peer = peer;
        this.idleMillis = idleMillis;
        reader.trust();
        socket.setSoTimeout(idleMillis);
    }

    /**
     * Enters as a client. On failure the caller closes the socket.
     *
     * @param name for the host's log
     * @throws RefusedException when either side does not know the secret, or speaks another version
     */
    public static FilterConnection enter(
            Socket socket, FilterSecret secret, UUID client, String name, Deadline deadline) throws IOException {
        MessageReader reader = prepare(socket);
        OutputStream out = new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES);
        ByteBuffer nonce = nonce();
        send(out, new Message.Hello(FilterProtocol.VERSION, client, nonce, name));
        Message.Challenge challenge = expect(Message.Challenge.class, next(socket, reader, deadline));
        if (challenge.version() != FilterProtocol.VERSION) {
            throw new RefusedException("the host speaks version " + challenge.version()
                    + " of the filter protocol, not " + FilterProtocol.VERSION);
        }
        Transcript said = new Transcript(FilterProtocol.VERSION, client, challenge.host(), nonce, challenge.nonce());
        if (!secret.proves(Side.HOST, said, challenge.proof())) {
            throw new RefusedException("the host does not know the filter secret");
        }
        send(out, new Message.Proof(secret.proof(Side.CLIENT, said)));
        Message.Welcome welcome = expect(Message.Welcome.class, next(socket, reader, deadline));
        return new FilterConnection(
                socket, reader, out, challenge.host(), Math.max(LEAST_IDLE_MILLIS, welcome.idleMillis()));
    }

    /**
     * Lets a client in. On failure the caller closes the socket.
     *
     * @param idleMillis a peer that is silent for longer is dead
     * @throws RefusedException when the client was refused, and told so
     */
    public static FilterConnection admit(
            Socket socket, FilterSecret secret, UUID host, int idleMillis, Deadline deadline) throws IOException {
        MessageReader reader = prepare(socket);
        OutputStream out = new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES);
        Message.Hello hello = expect(Message.Hello.class, next(socket, reader, deadline));
        if (hello.version() != FilterProtocol.VERSION) {
            throw refuse(
                    out,
                    "this host speaks version " + FilterProtocol.VERSION + " of the filter protocol, not "
                            + hello.version());
        }
        ByteBuffer nonce = nonce();
        Transcript said = new Transcript(FilterProtocol.VERSION, hello.client(), host, hello.nonce(), nonce);
        send(out, new Message.Challenge(FilterProtocol.VERSION, host, nonce, secret.proof(Side.HOST, said)));
        Message.Proof proof = expect(Message.Proof.class, next(socket, reader, deadline));
        if (!secret.proves(Side.CLIENT, said, proof.proof())) {
            throw refuse(out, "the client does not know the filter secret");
        }
        send(out, new Message.Welcome(idleMillis));
        return new FilterConnection(socket, reader, out, hello.client(), idleMillis);
    }

    /** Of the other side: the same over all connections of one client or one run of a host. */
    public UUID peer() {
        return peer;
    }

    /** Something has to be sent within a third of this. */
    public int idleMillis() {
        return idleMillis;
    }

    /**
     * Waits for a message.
     *
     * @throws SocketTimeoutException when the peer was silent for the idle time
     */
    public Message read() throws IOException {
        return reader.next();
    }

    /** Writes a frame to the buffer, which is sent when it is full, or by {@link #flush()}. */
    public void write(byte[] frame) throws IOException {
        out.write(frame);
    }

    public void flush() throws IOException {
        out.flush();
    }

    /** Sends what is in the buffer, and that nothing follows; the peer hangs up when it has read it. By the writing thread. */
    public void finish() throws IOException {
        out.flush();
        socket.shutdownOutput();
    }

    /** Hangs up; threads that read or write end with an exception. Idempotent; never waits. */
    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static MessageReader prepare(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        return new MessageReader(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
    }

    /** The time-out holds for each arrival of bytes; against a peer that sends one now and then its caller closes the socket. */
    private static Message next(Socket socket, MessageReader reader, Deadline deadline) throws IOException {
        long leftMillis = deadline.remaining().toMillis();
        if (leftMillis <= 0) {
            throw new SocketTimeoutException("the handshake took too long");
        }
        socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, leftMillis));
        return reader.next();
    }

    private static <M extends Message> M expect(Class<M> type, Message message) throws IOException {
        if (message instanceof Message.Refuse refuse) {
            throw new RefusedException("the peer refused: " + refuse.reason());
        }
        if (!type.isInstance(message)) {
            throw new MalformedFrameException("the handshake expects another message");
        }
        return type.cast(message);
    }

    private static RefusedException refuse(OutputStream out, String reason) throws IOException {
        send(out, new Message.Refuse(reason));
        return new RefusedException(reason);
    }

    private static void send(OutputStream out, Message message) throws IOException {
        out.write(MessageWriter.frame(message));
        out.flush();
    }

    private static ByteBuffer nonce() {
        byte[] nonce = new byte[Wire.NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return ByteBuffer.wrap(nonce).asReadOnlyBuffer();
    }
}
