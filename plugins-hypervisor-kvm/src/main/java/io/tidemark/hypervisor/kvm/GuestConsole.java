package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The host's end of a sample VM's console: one line asks, one line with the same number answers. Any thread; one request at a time.
 *
 * <p>An answer that came too late for its request is recognised by its number and dropped, so a call that ran out of time harms no later
 * one.
 */
final class GuestConsole implements SampleVm {
    private static final int LONGEST_LINE_BYTES = 4096;
    private static final Duration PING_LIMIT = Duration.ofSeconds(2);

    private final VmId vm;
    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer input = ByteBuffer.allocate(LONGEST_LINE_BYTES);
    private final ReentrantLock turn = new ReentrantLock();
    /** Starts anywhere, so that answers to an earlier console do not fit. */
    private long lastRequest = ThreadLocalRandom.current().nextLong(1, Integer.MAX_VALUE);

    private GuestConsole(VmId vm, SocketChannel channel, Selector selector) {
        this.vm = vm;
        this.channel = channel;
        this.selector = selector;
    }

    /** Connects to QEMU's end of the console; the program in the guest may not answer yet. */
    static GuestConsole open(VmId vm, Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // QEMU serves one client and lets one wait: a blocking connect of the third would hang without a limit.
            channel.configureBlocking(false);
            if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                throw new IOException("the console is in use by another process");
            }
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            return new GuestConsole(vm, channel, selector);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Waits until the program answers. The guest may still be booting: what is sent before then may be lost, so it is asked again. */
    void awaitProgram(Deadline deadline) throws ProviderException {
        while (true) {
            Duration limit = deadline.remaining().compareTo(PING_LIMIT) < 0 ? deadline.remaining() : PING_LIMIT;
            try {
                ask("ping", Deadline.after(limit));
                return;
            } catch (ProviderException e) {
                if (e.kind() != FailureKind.RETRY_LATER || deadline.passed()) {
                    throw e;
                }
            }
        }
    }

    @Override
    public VmId id() {
        return vm;
    }

    @Override
    public void append(int disk, long number, Deadline deadline) throws ProviderException {
        ask("append " + disk + " " + number, deadline);
    }

    @Override
    public void scramble(int disk, Deadline deadline) throws ProviderException {
        ask("scramble " + disk, deadline);
    }

    @Override
    public void sync(Deadline deadline) throws ProviderException {
        ask("sync", deadline);
    }

    @Override
    public LedgerReport report(int disk, Deadline deadline) throws ProviderException {
        String[] words = ask("report " + disk, deadline).split(" ");
        return new LedgerReport(Long.parseLong(words[0]), "1".equals(words[1]));
    }

    /** @return what follows "ok" */
    private String ask(String request, Deadline deadline) throws ProviderException {
        turn.lock();
        try {
            long number = ++lastRequest;
            send(number + " " + request + "\n", deadline);
            String prefix = number + " ";
            while (true) {
                String line = readLine(request, deadline);
                if (line.startsWith(prefix)) {
                    return result(request, line.substring(prefix.length()));
                }
            }
        } catch (IOException e) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE,
                    "The sample program of VM " + vm + " does not answer",
                    KvmFailures.firstLine(e.toString()),
                    "See whether the VM runs, and connect again.",
                    e);
        } finally {
            turn.unlock();
        }
    }

    private String result(String request, String answer) throws ProviderException {
        if (answer.equals("ok")) {
            return "";
        }
        if (answer.startsWith("ok ")) {
            return answer.substring("ok ".length());
        }
        // "err <code> <text>"
        String[] words = answer.split(" ", 3);
        String text = words.length == 3 ? words[2] : answer;
        throw KvmFailures.rejected(
                "The sample program of VM " + vm + " refused \"" + request + "\"",
                text,
                "Ask for a report of the disk to see how far its ledger goes.");
    }

    private void send(String line, Deadline deadline) throws IOException, ProviderException {
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                requireTime(line.strip(), deadline);
                Waiting.pause(Duration.ofMillis(5));
            }
        }
    }

    private String readLine(String request, Deadline deadline) throws IOException, ProviderException {
        StringBuilder line = new StringBuilder();
        while (true) {
            input.flip();
            while (input.hasRemaining()) {
                char next = (char) input.get();
                if (next == '\n') {
                    input.compact();
                    return line.toString().strip();
                }
                line.append(next);
            }
            input.clear();
            requireTime(request, deadline);
            selector.select(Math.clamp(deadline.remaining().toMillis(), 1, 1000));
            selector.selectedKeys().clear();
            if (channel.read(input) < 0) {
                throw new IOException("the VM closed its console");
            }
        }
    }

    private void requireTime(String request, Deadline deadline) throws ProviderException {
        if (deadline.passed()) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "The sample program of VM " + vm + " did not answer in time",
                    "it was asked \"" + request + "\"",
                    "See whether the VM runs and has processor time, then try again.");
        }
    }

    @Override
    public void close() {
        try {
            selector.close();
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("a local socket refused to close", e);
        }
    }
}
