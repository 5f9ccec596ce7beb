package io.tidemark.server.rest;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * A failed request as RFC 9457 tells it.
 *
 * @param code stable words joined by hyphens; names the kind of problem for programs
 * @param title what happened, without a full stop
 * @param detail why
 * @param remedy what to do next; a sentence
 * @param errors where in the request, when it is the request's fault
 */
record Problem(int status, String code, String title, String detail, String remedy, List<FieldError> errors) {
    Problem {
        errors = List.copyOf(errors);
    }

    Problem(int status, String code, String title, String detail, String remedy) {
        this(status, code, title, detail, remedy, List.of());
    }

    /**
     * One wrong place.
     *
     * @param pointer JSON pointer into the body, or the place and name of a parameter, for example {@code query/limit}
     */
    record FieldError(String pointer, String detail) {}

    ProblemException exception() {
        return new ProblemException(this);
    }

    JsonObject toJson(String instance, String requestId) {
        JsonObject json = new JsonObject()
                .put("type", "urn:tidemark:problem:" + code)
                .put("title", title)
                .put("status", status)
                .put("detail", detail)
                .put("instance", instance)
                .put("code", code)
                .put("remedy", remedy)
                .put("requestId", requestId);
        JsonArray places = new JsonArray();
        errors.forEach(error ->
                places.add(new JsonObject().put("pointer", error.pointer()).put("detail", error.detail())));
        return json.put("errors", places);
    }
}
