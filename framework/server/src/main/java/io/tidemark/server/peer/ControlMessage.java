package io.tidemark.server.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One frame of a control stream. Requests carry an id chosen by the caller; the answer repeats it. Bodies are JSON texts of their own,
 * carried as strings.
 */
sealed interface ControlMessage {
    long id();

    byte[] encode();

    /** Asks a peer. */
    record Request(long id, String verb, String body) implements ControlMessage {
        @Override
        public byte[] encode() {
            ObjectNode json = Json.object();
            json.put("id", id).put("verb", verb).put("body", body);
            return bytes(json);
        }
    }

    /** The peer did it. */
    record Success(long id, String body) implements ControlMessage {
        @Override
        public byte[] encode() {
            ObjectNode json = Json.object();
            json.put("id", id).put("ok", body);
            return bytes(json);
        }
    }

    /** The peer refused or failed; all texts travel. */
    record Problem(long id, ProviderException cause) implements ControlMessage {
        @Override
        public byte[] encode() {
            ObjectNode json = Json.object();
            json.put("id", id).set("problem", problem(cause));
            return bytes(json);
        }
    }

    /** Reads one frame; anything else than one of ours is an {@link IllegalArgumentException}. */
    static ControlMessage decode(String text) {
        try {
            JsonNode json = Json.read(text);
            JsonNode id = json.get("id");
            if (id == null || !id.isIntegralNumber()) {
                throw new IllegalArgumentException("'id' is missing");
            }
            if (json.has("verb")) {
                return new Request(id.longValue(), Json.text(json, "verb"), Json.text(json, "body"));
            }
            JsonNode problem = json.get("problem");
            if (problem != null) {
                return new Problem(id.longValue(), exception(problem));
            }
            JsonNode ok = json.get("ok");
            if (ok == null || !ok.isTextual()) {
                throw new IllegalArgumentException("neither a request nor an answer");
            }
            return new Success(id.longValue(), ok.textValue());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** The members of a problem on the wire. */
    static ObjectNode problem(ProviderException cause) {
        return Json.object()
                .put("kind", cause.kind().name())
                .put("happened", cause.happened())
                .put("why", cause.why())
                .put("remedy", cause.remedy());
    }

    /** The exception that a peer sent. A kind that this version does not know counts as a defect. */
    static ProviderException exception(JsonNode problem) {
        String name = problem.path("kind").asText();
        FailureKind kind = Arrays.stream(FailureKind.values())
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElse(FailureKind.BUG);
        return new ProviderException(
                kind,
                problem.path("happened").asText(),
                problem.path("why").asText(),
                problem.path("remedy").asText());
    }

    private static byte[] bytes(JsonNode json) {
        return Json.write(json).getBytes(StandardCharsets.UTF_8);
    }
}
