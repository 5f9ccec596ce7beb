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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The console of a sample VM, which the host simulator answers for over HTTP: one JSON object for each command. */
final class ConsoleClient implements SampleVm {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Pattern ENTRIES = Pattern.compile("\"entries\"\\s*:\\s*(\\d+)");
    private static final Pattern INTACT = Pattern.compile("\"intact\"\\s*:\\s*(true|false)");
    private static final Pattern WHY = Pattern.compile("\"why\"\\s*:\\s*\"([^\"]*)\"");

    private final HttpClient http;
    private final URI address;
    private final String token;
    private final VmId vm;
    private final ReentrantLock turn = new ReentrantLock();

    /** @param address of the VM's console */
    ConsoleClient(HttpClient http, URI address, String token, VmId vm) {
        this.http = http;
        this.address = address;
        this.token = token;
        this.vm = vm;
    }

    /** Waits until the program in the VM answers. */
    void awaitProgram(Deadline deadline) throws ProviderException {
        while (true) {
            try {
                sync(deadline);
                return;
            } catch (ProviderException notYet) {
                if (notYet.kind() != FailureKind.UNREACHABLE
                        || deadline.remaining().compareTo(POLL.multipliedBy(2)) < 0) {
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
        ask("{\"command\":\"append\",\"disk\":%d,\"number\":%d}".formatted(disk, number), deadline);
    }

    @Override
    public void scramble(int disk, Deadline deadline) throws ProviderException {
        ask("{\"command\":\"scramble\",\"disk\":%d}".formatted(disk), deadline);
    }

    @Override
    public void sync(Deadline deadline) throws ProviderException {
        ask("{\"command\":\"sync\"}", deadline);
    }

    @Override
    public LedgerReport report(int disk, Deadline deadline) throws ProviderException {
        String answer = ask("{\"command\":\"report\",\"disk\":%d}".formatted(disk), deadline);
        Matcher entries = ENTRIES.matcher(answer);
        Matcher intact = INTACT.matcher(answer);
        if (!entries.find() || !intact.find()) {
            throw new ProviderException(
                    FailureKind.BUG,
                    "The program of VM " + vm + " gave an answer that makes no sense",
                    "it reports " + answer,
                    "Use plugin and host simulator of one version.");
        }
        return new LedgerReport(Long.parseLong(entries.group(1)), Boolean.parseBoolean(intact.group(1)));
    }

    private String ask(String command, Deadline deadline) throws ProviderException {
        turn.lock();
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(address)
                            .timeout(deadline.remaining().plusMillis(1))
                            .header("Content-Type", "application/json")
                            .header("Authorization", "Bearer " + token)
                            .POST(HttpRequest.BodyPublishers.ofString(command))
                            .build(),
                    BodyHandlers.ofString());
            return switch (answer.statusCode()) {
                case 200 -> answer.body();
                case 400, 409 ->
                    throw new ProviderException(
                            FailureKind.REJECTED,
                            "The program of VM " + vm + " refused " + command,
                            reason(answer.body()),
                            "Ask for a report of the disk to see how far its ledger goes.");
                case 401, 403 ->
                    throw new ProviderException(
                            FailureKind.REJECTED,
                            "The program of VM " + vm + " was not asked",
                            "the host simulator does not accept our token",
                            "Put the token that it was started with into the setting console-token.");
                default -> throw silent("HTTP status " + answer.statusCode() + ", " + reason(answer.body()), null);
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

    private static String reason(String body) {
        Matcher why = WHY.matcher(body);
        return why.find() ? why.group(1) : body;
    }

    private ProviderException silent(String why, @Nullable Exception cause) {
        return new ProviderException(
                FailureKind.UNREACHABLE,
                "The program of VM " + vm + " does not answer",
                why,
                "See whether the VM runs, and that the host simulator does.",
                cause);
    }

    @Override
    public void close() {
        // Nothing is kept open between two commands.
    }
}
