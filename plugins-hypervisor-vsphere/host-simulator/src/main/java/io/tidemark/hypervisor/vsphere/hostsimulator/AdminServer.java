package io.tidemark.hypervisor.vsphere.hostsimulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP side, on loopback: asks for the token, then for what is to be done. Each request has a virtual thread. */
final class AdminServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
    private static final int MOST_BODY_BYTES = 4 << 20;
    private static final int BACKLOG = 64;
    private static final String SCHEME = "Bearer ";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final byte[] token;
    private final AdminRoutes routes;

    /** @param port 0 for any */
    AdminServer(int port, String token, AdminRoutes routes) throws IOException {
        this.token = token.getBytes(StandardCharsets.UTF_8);
        this.routes = routes;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Takes no more requests. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }

    /** Waits for the requests that were being answered; none is interrupted, since it may be writing to a disk. */
    boolean awaitRequests(Duration limit) throws InterruptedException {
        return threads.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What is answered. */
    record Reply(int status, JsonNode body) {
        static Reply ok(JsonNode body) {
            return new Reply(200, body);
        }

        static Reply error(int status, String why) {
            return new Reply(status, Json.object().put("error", why));
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Reply reply = isAuthorised(exchange)
                    ? reply(exchange)
                    : Reply.error(401, "the header 'Authorization: Bearer …' has to carry the host simulator's token");
            byte[] body = Json.bytes(reply.body());
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(reply.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private Reply reply(HttpExchange exchange) {
        String path = exchange.getRequestURI().getRawPath();
        try {
            List<String> parts = Arrays.stream(path.split("/"))
                    .filter(part -> !part.isEmpty())
                    .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
                    .toList();
            byte[] body = exchange.getRequestBody().readNBytes(MOST_BODY_BYTES + 1);
            if (body.length > MOST_BODY_BYTES) {
                return Reply.error(413, "a request has " + MOST_BODY_BYTES + " bytes at most");
            }
            JsonNode json = body.length == 0 ? Json.object() : Json.parse(new String(body, StandardCharsets.UTF_8));
            return routes.reply(exchange.getRequestMethod(), parts, json);
        } catch (BadRequestException | IllegalArgumentException wrong) {
            return Reply.error(400, String.valueOf(wrong.getMessage()));
        } catch (ProviderException refused) {
            return refusal(refused);
        } catch (IOException failed) {
            LOG.atWarn().addKeyValue("path", path).log("A request was not done", failed);
            return Reply.error(500, String.valueOf(failed.getMessage()));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Reply.error(503, "the host simulator ends");
        } catch (RuntimeException broken) {
            LOG.atError().addKeyValue("path", path).log("A request met a defect", broken);
            return Reply.error(500, "a defect of the host simulator: " + broken);
        }
    }

    private static Reply refusal(ProviderException refused) {
        return new Reply(
                refused.kind() == FailureKind.RETRY_LATER ? 503 : 409,
                Json.object()
                        .put("error", refused.getMessage())
                        .put("kind", refused.kind().name().toLowerCase(Locale.ROOT))
                        .put("happened", refused.happened())
                        .put("why", refused.why())
                        .put("remedy", refused.remedy()));
    }

    private boolean isAuthorised(HttpExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst("Authorization");
        return header != null
                && header.startsWith(SCHEME)
                && MessageDigest.isEqual(
                        token, header.substring(SCHEME.length()).strip().getBytes(StandardCharsets.UTF_8));
    }
}
