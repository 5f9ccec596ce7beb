package io.tidemark.server.rest;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** The contract as it lies in the jar, read once. */
final class ContractText implements Handler<RoutingContext> {
    private final Buffer text;

    ContractText() throws IOException {
        try (InputStream stream = ContractText.class.getResourceAsStream("/" + RestServer.CONTRACT)) {
            if (stream == null) {
                throw new FileNotFoundException(RestServer.CONTRACT + " is missing in the server's jar");
            }
            text = Buffer.buffer(stream.readAllBytes());
        }
    }

    @Override
    public void handle(RoutingContext context) {
        context.response().putHeader("Content-Type", "application/yaml").end(text);
    }
}
