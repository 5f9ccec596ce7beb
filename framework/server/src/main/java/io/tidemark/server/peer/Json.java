package io.tidemark.server.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The JSON dialect of peers: plain objects, read strictly where a member is needed. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static JsonNode read(String text) throws JsonProcessingException {
        JsonNode node = MAPPER.readTree(text);
        if (!node.isObject()) {
            throw new IllegalArgumentException("a JSON object was expected");
        }
        return node;
    }

    static String write(JsonNode node) {
        return node.toString();
    }

    /** A member that must be there and be a non-empty text. */
    static String text(JsonNode object, String member) {
        JsonNode value = object.get(member);
        if (value == null || !value.isTextual() || value.textValue().isEmpty()) {
            throw new IllegalArgumentException("'" + member + "' is missing");
        }
        return value.textValue();
    }
}
