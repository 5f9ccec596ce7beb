package io.tidemark.server.rest;

import io.tidemark.control.ControlException;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.vertx.core.json.DecodeException;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.openapi.validation.ValidatorErrorType;
import io.vertx.openapi.validation.ValidatorException;
import java.util.List;

/** Turns whatever ended a request into the problem that its caller is told. */
final class Problems {
    private Problems() {}

    static ProblemException badRequest(String pointer, String detail) {
        return invalid(List.of(new Problem.FieldError(pointer, detail))).exception();
    }

    private static Problem invalid(List<Problem.FieldError> errors) {
        String detail = errors.stream()
                .map(error -> error.pointer() + ": " + error.detail())
                .reduce((a, b) -> a + "; " + b)
                .orElse("it does not fit the contract");
        return new Problem(
                400,
                "invalid-request",
                "The request was not understood",
                detail,
                "Correct the named places; GET /api/v1/openapi.yaml has the contract.",
                errors);
    }

    static ProblemException notFound(String what, String name, String remedy) {
        return new Problem(
                        404,
                        what + "-not-found",
                        "There is no such " + what,
                        "no " + what + " '" + name + "' at this site",
                        remedy)
                .exception();
    }

    /** The problem for a cause; of an unexpected one it tells no more than that, the log has the rest. */
    static Problem of(Throwable cause, int status) {
        return switch (cause) {
            case ProblemException known -> known.problem();
            case ControlException control -> of(control);
            case ProviderException provider -> of(provider);
            case ValidatorException validation -> of(validation);
            case DecodeException json ->
                invalid(List.of(new Problem.FieldError("", "not JSON: " + firstLine(json.getMessage()))));
            // The router wraps what its check of the contract found.
            case HttpException http when http.getCause() instanceof ValidatorException found -> of(found);
            case HttpException http
            when http.getCause() instanceof DecodeException found -> of(found, http.getStatusCode());
            case HttpException http -> ofStatus(http.getStatusCode());
            default -> ofStatus(status);
        };
    }

    private static Problem of(ControlException cause) {
        int status =
                switch (cause.reason()) {
                    case NOT_FOUND -> 404;
                    case CONFLICT -> 409;
                    case INVALID -> 400;
                    case GONE -> 410;
                    case UNREACHABLE -> 503;
                    case REFUSED -> 422;
                    case INTERNAL -> 500;
                };
        return new Problem(
                status,
                cause.code(),
                cause.happened(),
                cause.why(),
                cause.remedy(),
                cause.fieldErrors().stream()
                        .map(error -> new Problem.FieldError(error.pointer(), error.detail()))
                        .toList());
    }

    private static Problem of(ProviderException cause) {
        int status =
                switch (cause.kind()) {
                    case REJECTED, UNSUPPORTED -> 422;
                    case CONFLICT, CONTINUITY_LOST -> 409;
                    case RETRY_LATER, UNREACHABLE -> 503;
                    case CORRUPT, BUG -> 500;
                };
        return new Problem(status, code(cause.kind()), cause.happened(), cause.why(), cause.remedy());
    }

    private static String code(FailureKind kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private static Problem of(ValidatorException cause) {
        if (cause.type() == ValidatorErrorType.UNSUPPORTED_VALUE_FORMAT) {
            return new Problem(
                    415,
                    "unsupported-media-type",
                    "The body's media type is not taken here",
                    firstLine(cause.getMessage()),
                    "Send 'Content-Type: application/json'.");
        }
        return invalid(ContractViolations.of(cause));
    }

    private static Problem ofStatus(int status) {
        return switch (status) {
            case 400 ->
                new Problem(
                        400,
                        "invalid-request",
                        "The request was not understood",
                        "it is malformed",
                        "Correct the request.");
            case 404 ->
                new Problem(
                        404,
                        "path-not-found",
                        "There is nothing at this path",
                        "the API has no such resource",
                        "GET /api/v1/openapi.yaml lists all paths.");
            case 405 ->
                new Problem(
                        405,
                        "method-not-allowed",
                        "The resource does not take this method",
                        "the API has no such operation",
                        "GET /api/v1/openapi.yaml lists the methods of each path.");
            case 413 ->
                new Problem(
                        413,
                        "body-too-large",
                        "The body is too large",
                        "the limit is " + RestServer.MAX_BODY_BYTES + " bytes",
                        "Send a smaller body.");
            case 415 ->
                new Problem(
                        415,
                        "unsupported-media-type",
                        "The body's media type is not taken here",
                        "the operation takes another one",
                        "Send 'Content-Type: application/json'.");
            default ->
                new Problem(
                        500,
                        "internal-error",
                        "The server failed at this request",
                        "an unexpected error; the log has it under the request's id",
                        "Please report this as a defect of Tidemark, with that part of the log.");
        };
    }

    private static String firstLine(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "no more is known" : text.lines().findFirst().orElse("");
    }
}
