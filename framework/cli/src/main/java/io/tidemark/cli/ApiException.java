package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server refused a request, or could not be asked. */
public final class ApiException extends Exception {
    private final int status;
    private final String code;
    private final String title;
    private final String detail;
    private final String remedy;
    private final List<String> fieldErrors;

    private ApiException(
            int status,
            String code,
            String title,
            String detail,
            String remedy,
            List<String> fieldErrors,
            @Nullable Throwable cause) {
        super(title + ": " + detail + ". " + remedy, cause);
        this.status = status;
        this.code = code;
        this.title = title;
        this.detail = detail;
        this.remedy = remedy;
        this.fieldErrors = List.copyOf(fieldErrors);
    }

    /** From a problem+json body; whatever the body is, the status counts. */
    static ApiException of(int status, JsonNode problem) {
        List<String> places = new ArrayList<>();
        problem.path("errors")
                .forEach(error -> places.add(error.path("pointer").asText() + ": "
                        + error.path("detail").asText()));
        return new ApiException(
                status,
                problem.path("code").asText("status-" + status),
                problem.path("title").asText("The server refused the request"),
                problem.path("detail").asText("it answered with status " + status),
                problem.path("remedy").asText("Look into the server's log."),
                places,
                null);
    }

    /** No answer at all. */
    static ApiException unreachable(String url, Throwable cause) {
        String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new ApiException(
                0,
                "server-unreachable",
                "The server at " + url + " did not answer",
                why,
                "Check that it runs, and the address in --site or TIDEMARK_URL.",
                List.of(),
                cause);
    }

    /** HTTP status; 0 when there was no answer. */
    public int status() {
        return status;
    }

    /** Stable name of the problem. */
    public String code() {
        return code;
    }

    /** What happened, without a full stop. */
    public String title() {
        return title;
    }

    /** Why, without a full stop. */
    public String detail() {
        return detail;
    }

    /** What to do next; a sentence. */
    public String remedy() {
        return remedy;
    }

    /** Which places of the request are wrong; may be empty. */
    public List<String> fieldErrors() {
        return fieldErrors;
    }
}
