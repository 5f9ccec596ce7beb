package io.tidemark.server.rest;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.validation.RequestParameter;
import io.vertx.openapi.validation.ValidatedRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request after it was checked against the contract. Taken from the event loop's context before the work moves to a virtual thread, so
 * it holds plain values only.
 */
final class Call {
    private final Map<String, RequestParameter> path;
    private final Map<String, RequestParameter> query;
    private final Map<String, RequestParameter> headers;
    private final JsonObject body;

    private Call(@Nullable ValidatedRequest checked) {
        ValidatedRequest request = Objects.requireNonNull(checked, "the contract's check runs before every operation");
        this.path = Map.copyOf(request.getPathParameters());
        this.query = Map.copyOf(request.getQuery());
        this.headers = Map.copyOf(request.getHeaders());
        RequestParameter content = request.getBody();
        JsonObject object =
                content == null || content.isEmpty() || !content.isJsonObject() ? null : content.getJsonObject();
        this.body = object == null ? new JsonObject() : object;
    }

    static Call of(RoutingContext context) {
        ValidatedRequest request = context.get(RouterBuilder.KEY_META_DATA_VALIDATED_REQUEST);
        return new Call(request);
    }

    String path(String name) {
        RequestParameter value = path.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the contract has no path parameter " + name);
        }
        return String.valueOf(value.get());
    }

    Optional<String> query(String name) {
        return text(query.get(name));
    }

    Optional<String> header(String name) {
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .findFirst()
                .flatMap(header -> text(header.getValue()));
    }

    private static Optional<String> text(@Nullable RequestParameter value) {
        return value == null || value.isNull() || value.isEmpty()
                ? Optional.empty()
                : Optional.of(String.valueOf(value.get()));
    }

    /** A number of the query; the contract has checked its range. */
    int number(String name, int otherwise) {
        return query(name).map(Integer::parseInt).orElse(otherwise);
    }

    boolean flag(String name) {
        return query(name).map(Boolean::parseBoolean).orElse(false);
    }

    Optional<Instant> instant(String name) {
        return query(name).map(text -> instant("query/" + name, text));
    }

    static Instant instant(String pointer, String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw Problems.badRequest(pointer, "not a time such as 2026-11-18T07:36:50Z: '" + text + "'");
        }
    }

    /** How long the caller is willing to wait, for example {@code 30s}; the contract has checked its form. */
    Duration wait(String name) {
        return query(name)
                .map(text -> Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1))))
                .orElse(Duration.ZERO);
    }

    JsonObject body() {
        return body;
    }

    /** A text of the body; the contract has checked that it is there. */
    String text(String member) {
        return body.getString(member);
    }

    Optional<String> optionalText(String member) {
        return Optional.ofNullable(body.getString(member));
    }

    List<JsonObject> objects(String member) {
        JsonArray array = body.getJsonArray(member, new JsonArray());
        return array.stream().map(JsonObject.class::cast).toList();
    }
}
