package io.tidemark.server.rest;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.security.SecureRandom;
import java.util.HexFormat;

/** Gives each request an id that the answer, its problem and the log share. */
final class RequestIds implements Handler<RoutingContext> {
    private static final String KEY = "tidemark.request-id";
    private static final int ID_BYTES = 8;

    private final SecureRandom random = new SecureRandom();

    @Override
    public void handle(RoutingContext context) {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String id = HexFormat.of().formatHex(bytes);
        context.put(KEY, id);
        context.response()
                .putHeader("X-Request-Id", id)
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff");
        context.next();
    }

    static String of(RoutingContext context) {
        String id = context.get(KEY);
        return id == null ? "" : id;
    }
}
