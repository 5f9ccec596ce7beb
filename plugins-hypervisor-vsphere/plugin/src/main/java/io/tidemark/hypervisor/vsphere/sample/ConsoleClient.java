package io.tidemark.hypervisor.vsphere.sample;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The console of a sample VM over HTTP: each request is one line, {@code POST <console>/vms/<instance UUID>/console}.
 *
 * <pre>
 * ping | append DISK NUMBER | scramble DISK | sync | report DISK
 *   200  ok [ENTRIES INTACT]     done; report adds the last entry's number, and 1 or 0
 *   409  err TEXT                refused
 *   404                          no such VM, or it is off, or its program does not run yet
 * </pre>
 */
final class ConsoleClient implements SampleVm {
    private static final Duration POLL = Duration.ofMillis(20);

    private final HttpClient http;
    private final URI address;
    private final VmId vm;
    private final ReentrantLock turn = new ReentrantLock();

    ConsoleClient(HttpClient http, URI console, VmId vm) {
        this.http = http;
        this.address = console.resolve("/vms/" + vm + "/console");
        this.vm = vm;
    }

    void awaitProgram(Deadline deadline) throws ProviderException {
        while (true) {
            try {
                ask("ping", deadline);
                return;
            } catch (ProviderException notYet) {
                if (notYet.kind() != FailureKind.UNREACHABLE || deadline.passed()) {
                    throw notYet;
                }
                LockSupport.parkNanos(POLL.toNanos());
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
        if (words.length != 3) {
            throw new ProviderException(
                    FailureKind.BUG,
                    "The program of VM " + vm + " gave an answer that makes no sense",
                    "it has " + words.length + " words in place of 3",
                    "Use plugin and host simulator of one version.");
        }
        return new LedgerReport(Long.parseLong(words[1]), "1".equals(words[2]));
    }

    private String ask(String line, Deadline deadline) throws ProviderException {
        turn.lock();
        try {
            Duration limit = deadline.remaining().plusMillis(1);
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(address)
                            .timeout(limit)
                            .POST(HttpRequest.BodyPublishers.ofString(line))
                            .build(),
                    BodyHandlers.ofString());
            return switch (answer.statusCode()) {
                case 200 -> answer.body().strip();
                case 409 ->
                    throw new ProviderException(
                            FailureKind.REJECTED,
                            "The program of VM " + vm + " refused \"" + line + "\"",
                            answer.body().strip(),
                            "Ask for a report of the disk to see how far its ledger goes.");
                default -> throw silent("HTTP status " + answer.statusCode(), null);
            };
        } catch (IOException broken) {
            throw silent(String.valueOf(broken.getMessage()), broken);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw silent("the thread was interrupted", interrupted);
        } finally {
            turn.unlock();
        }
    }

    private ProviderException silent(String why, @org.jspecify.annotations.Nullable Exception cause) {
        return new ProviderException(
                FailureKind.UNREACHABLE,
                "The program of VM " + vm + " does not answer",
                why,
                "See whether the VM runs, and that the host simulator does.",
                cause);
    }

    @Override
    public void close() {}
}
