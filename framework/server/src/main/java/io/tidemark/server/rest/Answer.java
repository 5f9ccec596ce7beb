package io.tidemark.server.rest;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What an operation gives back to its caller. */
record Answer(int status, Optional<JsonObject> body, Map<String, String> headers) {
    static Answer ok(JsonObject body) {
        return new Answer(200, Optional.of(body), Map.of());
    }

    /** Something was made, and can be read at {@code location}. */
    static Answer created(String location, JsonObject body) {
        return new Answer(201, Optional.of(body), Map.of("Location", location));
    }

    /** Work was started; {@code location} is its task. */
    static Answer accepted(String location, JsonObject body) {
        return new Answer(202, Optional.of(body), Map.of("Location", location, "Retry-After", "1"));
    }

    static Answer nothing() {
        return new Answer(204, Optional.empty(), Map.of());
    }

    Answer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Answer(status, body, more);
    }
}
