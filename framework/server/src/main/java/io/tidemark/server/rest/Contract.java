package io.tidemark.server.rest;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The API's contract as it lies in the jar; read once, and answered as it is to who asks for it. */
final class Contract implements Handler<RoutingContext> {
    private static final String RESOURCE = "/openapi.yaml";

    private final Buffer text;

    Contract() throws IOException {
        try (InputStream stream = Contract.class.getResourceAsStream(RESOURCE)) {
            if (stream == null) {
                throw new FileNotFoundException(RESOURCE + " is missing in the server's jar");
            }
            text = Buffer.buffer(stream.readAllBytes());
        }
    }

    /**
     * What requests are checked against: the contract without the content of answers. Vert.x 5.0.7 refuses contracts whose answers have
     * media types that it cannot validate (problem+json, event-stream), and answers are not validated here anyway.
     */
    JsonObject ofRequests() {
        Map<String, Object> parsed =
                new Yaml(new SafeConstructor(new LoaderOptions())).load(text.toString(StandardCharsets.UTF_8));
        JsonObject contract = new JsonObject(parsed);
        contract.getJsonObject("components")
                .getJsonObject("responses")
                .forEach(response -> dropContent(response.getValue()));
        contract.getJsonObject("paths").forEach(path -> json(path.getValue()).forEach(method -> {
            JsonObject operation = json(method.getValue());
            operation.getJsonObject("responses").forEach(response -> dropContent(response.getValue()));
        }));
        return contract;
    }

    private static void dropContent(Object response) {
        json(response).remove("content");
    }

    @SuppressWarnings("unchecked") // keys of a JSON object are texts
    private static JsonObject json(Object value) {
        return value instanceof JsonObject object ? object : new JsonObject((Map<String, Object>) value);
    }

    @Override
    public void handle(RoutingContext context) {
        context.response().putHeader("Content-Type", "application/yaml").end(text);
    }
}
