package io.tidemark.hypervisor.vsphere.vim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** HTTPS to one vCenter: limits each exchange, its body included, by a deadline, and puts failures into words. Any thread. */
public final class VimHttp implements AutoCloseable {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    private final URI server;
    private final ExecutorService executor;
    private final HttpClient client;
    private volatile boolean closed;

    /** @param server scheme, host and port */
    public VimHttp(URI server, CertificatePin pin, ThreadFactory threads) {
        this.server = server;
        this.executor = Executors.newCachedThreadPool(threads);
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .sslContext(pin.context())
                .executor(executor)
                .build();
    }

    URI server() {
        return server;
    }

    /**
     * Sends one request and waits for the whole answer.
     *
     * @throws Dropped when the connection broke: whether the request had its effect is not known
     */
    <T> HttpResponse<T> send(String what, HttpRequest request, BodyHandler<T> body, Deadline deadline)
            throws ProviderException, Dropped {
        if (closed) {
            throw unreachable(what, "this instance was closed", "Open the site again.", null);
        }
        CompletableFuture<HttpResponse<T>> answer = client.sendAsync(request, body);
        try {
            return answer.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            answer.cancel(true);
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    what + " did not end in time",
                    "the vCenter did not answer before the deadline",
                    "Look whether the vCenter is overloaded or hangs, then try again.",
                    late);
        } catch (InterruptedException interrupted) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    what + " was given up",
                    "its thread was interrupted",
                    "Try again.",
                    interrupted);
        } catch (ExecutionException failed) {
            throw inWords(what, failed.getCause() == null ? failed : failed.getCause());
        }
    }

    private ProviderException inWords(String what, Throwable cause) throws Dropped {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof CertificatePin.Mismatch mismatch) {
                return new ProviderException(
                        FailureKind.REJECTED,
                        what + " was stopped: the vCenter at " + server.getAuthority() + " shows another certificate",
                        "its thumbprint is " + mismatch.seen() + ", and " + mismatch.pinned() + " was expected",
                        "Find out on the vCenter itself whether its certificate was replaced. If so, put the new thumbprint into the setting"
                                + " thumbprint; if not, somebody stands between.",
                        cause);
            }
        }
        if (cause instanceof IOException broken) {
            throw new Dropped(what, this, broken);
        }
        return new ProviderException(
                FailureKind.BUG, what + " failed", cause.toString(), "Report this with the log of this moment.", cause);
    }

    private static String reasonOf(IOException broken) {
        String message = broken.getMessage();
        return message == null || message.isBlank() ? broken.getClass().getSimpleName() : message;
    }

    private ProviderException unreachable(
            String what, String why, String remedy, @org.jspecify.annotations.Nullable Throwable cause) {
        return new ProviderException(FailureKind.UNREACHABLE, what + " failed", why, remedy, cause);
    }

    /** The connection broke before the whole answer was there. */
    static final class Dropped extends Exception {
        private final String what;
        private final transient VimHttp http;

        Dropped(String what, VimHttp http, IOException cause) {
            super(reasonOf(cause), cause);
            this.what = what;
            this.http = http;
        }

        ProviderException toProviderException() {
            return http.unreachable(
                    what,
                    "the connection to " + http.server.getAuthority() + " broke: " + getMessage(),
                    "Check that the vCenter runs, that its address and port are reachable from here, and that this is its HTTPS port.",
                    this);
        }
    }

    @Override
    public void close() {
        closed = true;
        client.shutdownNow();
        executor.shutdownNow();
    }
}
