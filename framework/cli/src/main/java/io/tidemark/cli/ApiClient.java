package io.tidemark.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A client of one server's REST API. Calls block; safe for use by several threads.
 *
 * <p>Paths are relative to {@code /api/v1} and begin with a slash; use {@link #segment} for names in them.
 */
public final class ApiClient implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String BASE = "/api/v1";
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
    private static final Duration REQUEST_LIMIT = Duration.ofMinutes(2);

    private final String url;
    private final String token;
    private final HttpClient http;

    /**
     * @param url of the server, without the API's path, for example {@code http://127.0.0.1:9443}
     * @param token the API token; empty sends none
     */
    public ApiClient(String url, String token) {
        this(url, token, Optional.empty());
    }

    /** @param certificate PEM file with the one certificate that an HTTPS server may show; empty for the JDK's trust store */
    public ApiClient(String url, String token, Optional<Path> certificate) {
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        this.token = token;
        HttpClient.Builder builder =
                HttpClient.newBuilder().connectTimeout(CONNECT_LIMIT).version(HttpClient.Version.HTTP_1_1);
        certificate.ifPresent(file -> builder.sslContext(PinnedCertificate.context(file)));
        this.http = builder.build();
    }

    /** A name as one segment of a path. */
    public static String segment(Object name) {
        return URLEncoder.encode(name.toString(), StandardCharsets.UTF_8).replace("+", "%20");
    }

    public JsonNode get(String path) throws ApiException {
        return send("GET", path, HttpRequest.BodyPublishers.noBody(), Map.of());
    }

    /** Posts without a body. */
    public JsonNode post(String path) throws ApiException {
        return send("POST", path, HttpRequest.BodyPublishers.noBody(), Map.of());
    }

    public JsonNode post(String path, JsonNode body) throws ApiException {
        return post(path, body, Map.of());
    }

    public JsonNode post(String path, JsonNode body, Map<String, String> headers) throws ApiException {
        Map<String, String> all = new HashMap<>(headers);
        all.put("Content-Type", "application/json");
        return send("POST", path, HttpRequest.BodyPublishers.ofString(body.toString()), all);
    }

    /** Posts the bytes of a file. */
    public JsonNode postFile(String path, Path file) throws ApiException, IOException {
        return send(
                "POST",
                path,
                HttpRequest.BodyPublishers.ofFile(file),
                Map.of("Content-Type", "application/octet-stream"));
    }

    public JsonNode patch(String path, JsonNode body) throws ApiException {
        return send(
                "PATCH",
                path,
                HttpRequest.BodyPublishers.ofString(body.toString()),
                Map.of("Content-Type", "application/json"));
    }

    public JsonNode delete(String path) throws ApiException {
        return send("DELETE", path, HttpRequest.BodyPublishers.noBody(), Map.of());
    }

    /**
     * Waits for the end of a task.
     *
     * @param onChange is given the task each time it was read
     * @return the task as it is when it is done or the time is over
     */
    public JsonNode awaitTask(String id, Duration atMost, Consumer<JsonNode> onChange) throws ApiException {
        long end = System.nanoTime() + atMost.toNanos();
        JsonNode task = get("/tasks/" + segment(id));
        onChange.accept(task);
        while (!task.path("done").asBoolean() && end - System.nanoTime() > 0) {
            // Short waits, so that steps are shown while they run.
            task = get("/tasks/" + segment(id) + "?wait=1s");
            onChange.accept(task);
        }
        return task;
    }

    private JsonNode send(String method, String path, HttpRequest.BodyPublisher body, Map<String, String> headers)
            throws ApiException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + BASE + path))
                .timeout(REQUEST_LIMIT)
                .header("Accept", "application/json, application/problem+json")
                .method(method, body);
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        headers.forEach(request::header);
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw ApiException.unreachable(url, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.unreachable(url, e);
        }
        JsonNode answer = parse(response.body());
        if (response.statusCode() >= 400) {
            throw ApiException.of(response.statusCode(), answer);
        }
        return answer;
    }

    private static JsonNode parse(String text) {
        if (text.isBlank()) {
            return JsonNodeFactory.instance.objectNode();
        }
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException notFromTidemark) {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put(
                            "detail",
                            "the answer is not JSON: "
                                    + text.lines().findFirst().orElse(""));
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
