package io.tidemark.server.rest;

import io.tidemark.server.identity.AdminToken;
import io.tidemark.spi.transport.Endpoint;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.OpenAPIContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP listener of one site: requests are authenticated, checked against the contract, and carried out by operation id on virtual
 * threads.
 */
public final class RestServer implements AutoCloseable {
    /** Longest JSON body, in bytes. */
    static final int MAX_BODY_BYTES = 1 << 20;

    static final String BASE = "/api/v1";

    private static final Logger LOG = LoggerFactory.getLogger(RestServer.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Set<String> OPEN_PATHS = Set.of(BASE + "/meta", BASE + "/health");

    private final Vertx vertx;
    private final Endpoint endpoint;
    private final Encryption encryption;
    private final ApiOperations operations;

    private RestServer(Vertx vertx, Endpoint endpoint, Encryption encryption, ApiOperations operations) {
        this.operations = operations;
        this.vertx = vertx;
        this.endpoint = endpoint;
        this.encryption = encryption;
    }

    /** Whether clients speak HTTPS; plain HTTP is for loopback. */
    public enum Encryption {
        NONE,
        TLS
    }

    /**
     * What the listener needs.
     *
     * @param certificateFile PEM, shown to clients with {@link Encryption#TLS}
     */
    public record Config(Endpoint bind, Encryption encryption, Path certificateFile, Path keyFile, AdminToken token) {}

    /**
     * Binds the address and serves from then on.
     *
     * @throws IOException when the address cannot be had, or the contract and the operations do not fit each other
     */
    public static RestServer start(Config config, ApiContext api) throws IOException {
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setUseDaemonThread(true)
                .setEventLoopPoolSize(2)
                .setWorkerPoolSize(2)
                .setInternalBlockingPoolSize(2));
        try {
            OpenAPIContract contract = await(
                    OpenAPIContract.from(vertx, new Contract().ofRequests()).toCompletionStage());
            ApiOperations operations = new ApiOperations(api);
            Router router = router(vertx, contract, config.token(), operations, api.executor());
            HttpServer server = await(vertx.createHttpServer(options(config))
                    .requestHandler(router)
                    .listen()
                    .toCompletionStage());
            return new RestServer(
                    vertx, new Endpoint(config.bind().host(), server.actualPort()), config.encryption(), operations);
        } catch (IOException | RuntimeException e) {
            vertx.close();
            throw e;
        }
    }

    private static HttpServerOptions options(Config config) {
        HttpServerOptions options = new HttpServerOptions()
                .setHost(config.bind().host())
                .setPort(config.bind().port())
                .setCompressionSupported(true)
                .setMaxFormAttributeSize(MAX_BODY_BYTES)
                .setIdleTimeout(120)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
        if (config.encryption() == Encryption.TLS) {
            options.setSsl(true)
                    .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
                    .setKeyCertOptions(new PemKeyCertOptions()
                            .setCertPath(config.certificateFile().toString())
                            .setKeyPath(config.keyFile().toString()));
        }
        return options;
    }

    private static Router router(
            Vertx vertx, OpenAPIContract contract, AdminToken token, ApiOperations operations, Executor executor)
            throws IOException {
        RouterBuilder builder = RouterBuilder.create(vertx, contract, RequestExtractor.withBodyHandler());
        for (OpenAPIRoute route : builder.getRoutes()) {
            // The gate below authenticates every path, also those that are not in the contract.
            route.setDoSecurity(false);
            bind(route, operations, executor);
        }
        Router router = Router.router(vertx);
        BodyHandler bodies = BodyHandler.create(false).setBodyLimit(MAX_BODY_BYTES);
        router.route().handler(new RequestIds());
        router.route(BASE + "/*").handler(new TokenGate(token, OPEN_PATHS));
        router.route(BASE + "/*").handler(context -> {
            if (ApiOperations.isUpload(String.valueOf(context.request().method()), context.normalizedPath())) {
                context.next();
            } else {
                bodies.handle(context);
            }
        });
        router.route(BASE + "/*").subRouter(builder.createRouter());
        router.route().failureHandler(RestServer::answerFailure);
        for (int status : new int[] {400, 404, 405, 406, 413, 415, 500}) {
            router.errorHandler(status, RestServer::answerFailure);
        }
        return router;
    }

    private static void bind(OpenAPIRoute route, ApiOperations operations, Executor executor) throws IOException {
        String id = route.getOperation().getOperationId();
        Handler<RoutingContext> stream = operations.streams().get(id);
        Upload upload = operations.uploads().get(id);
        Operation operation = operations.operations().get(id);
        if (stream != null) {
            route.addHandler(stream);
        } else if (upload != null) {
            route.setDoValidation(false).addHandler(upload);
        } else if (operation != null) {
            route.addHandler(context -> run(context, operation, executor));
        } else {
            throw new IOException("The API's contract names operation '" + id + "' and nothing carries it out");
        }
    }

    private static void run(RoutingContext context, Operation operation, Executor executor) {
        Call call = Call.of(context);
        try {
            executor.execute(() -> complete(context, () -> operation.answer(call)));
        } catch (RejectedExecutionException stopping) {
            context.fail(new Problem(
                            503, "stopping", "The request was not taken", "the server is stopping", "Ask again later.")
                    .exception());
        }
    }

    /** Does the work on the calling thread and sends its answer, or its problem, from the event loop. */
    static void complete(RoutingContext context, Callable<Answer> work) {
        try {
            Answer answer = work.call();
            context.vertx().runOnContext(ignored -> send(context, answer));
        } catch (Exception e) {
            context.vertx().runOnContext(ignored -> context.fail(e));
        }
    }

    private static void send(RoutingContext context, Answer answer) {
        if (context.response().ended() || context.response().closed()) {
            return;
        }
        context.response().setStatusCode(answer.status());
        answer.headers().forEach((name, value) -> context.response().putHeader(name, value));
        answer.body()
                .ifPresentOrElse(
                        body -> context.response()
                                .putHeader("Content-Type", "application/json")
                                .end(body.toBuffer()),
                        () -> context.response().end());
    }

    /** Tells the caller what failed, as problem+json; logs what nobody expected. */
    static void answerFailure(RoutingContext context) {
        if (context.response().ended() || context.response().closed()) {
            return;
        }
        int status = context.statusCode() > 0 ? context.statusCode() : 500;
        Throwable cause = context.failure();
        Problem problem = Problems.of(cause == null ? new IllegalStateException("status " + status) : cause, status);
        if (problem.status() >= 500 && problem.status() != 503) {
            LOG.atError()
                    .addKeyValue("requestId", RequestIds.of(context))
                    .addKeyValue("method", context.request().method())
                    .addKeyValue("path", context.request().path())
                    .setCause(cause)
                    .log("A request failed");
        }
        JsonObject body = problem.toJson(String.valueOf(context.request().path()), RequestIds.of(context));
        context.response().setStatusCode(problem.status()).putHeader("Content-Type", "application/problem+json");
        if (problem.status() == 503) {
            context.response().putHeader("Retry-After", "2");
        }
        context.response().end(body.toBuffer());
    }

    private static <T> T await(java.util.concurrent.CompletionStage<T> stage) throws IOException {
        try {
            return stage.toCompletableFuture().get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("The REST listener did not start: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The REST listener did not start: the thread was interrupted", e);
        }
    }

    /** Where it listens, with the real port. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** The address to give to clients, without the path of the API. */
    public String url() {
        return (encryption == Encryption.TLS ? "https://" : "http://") + endpoint;
    }

    /** Stops listening and cuts the open connections. Idempotent, never throws. */
    @Override
    public void close() {
        operations.close();
        try {
            await(vertx.close().toCompletionStage());
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("The REST listener did not close in time");
        }
    }
}
