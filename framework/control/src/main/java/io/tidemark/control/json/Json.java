package io.tidemark.control.json;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.checkpoint.CheckpointSelector;
import io.tidemark.control.task.TaskId;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.util.function.Function;

/**
 * Writes and reads the control plane's records: ids as plain strings, times as ISO 8601, durations as ISO 8601. Unknown properties are
 * ignored, so that a newer peer can say more. Safe for use by several threads.
 */
public final class Json {
    private final JsonMapper mapper = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .addModule(ids())
            .addMixIn(CheckpointSelector.class, SelectorTyping.class)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    public String write(Object value) {
        try {
            return mapper.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(value.getClass() + " cannot be written as JSON", e);
        }
    }

    /** Reads what {@link #write} wrote; {@code REQUEST_INVALID} when it is not that. */
    public <T> T read(String json, Class<T> type) {
        try {
            return mapper.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw invalid(type.getSimpleName(), e);
        }
    }

    /** Reads what {@link #write} wrote; {@code REQUEST_INVALID} when it is not that. */
    public <T> T read(String json, TypeReference<T> type) {
        try {
            return mapper.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw invalid(type.getType().getTypeName(), e);
        }
    }

    private static RuntimeException invalid(String type, JsonProcessingException cause) {
        return ErrorCode.REQUEST_INVALID.because(
                "A document was not understood",
                "it is not a valid " + type + " (" + cause.getOriginalMessage() + ")",
                "Check that both sites run compatible versions.");
    }

    private static SimpleModule ids() {
        SimpleModule module = new SimpleModule("tidemark-ids");
        text(module, VpgId.class, VpgId::parse);
        text(module, SiteId.class, SiteId::parse);
        text(module, OperationId.class, OperationId::parse);
        text(module, TaskId.class, TaskId::parse);
        text(module, VmId.class, VmId::new);
        text(module, VolumeId.class, VolumeId::new);
        text(module, CheckpointId.class, text -> new CheckpointId(Long.parseLong(text)));
        module.addKeyDeserializer(VmId.class, new KeyDeserializer() {
            @Override
            public Object deserializeKey(String key, DeserializationContext context) {
                return new VmId(key);
            }
        });
        return module;
    }

    private static <T> void text(SimpleModule module, Class<T> type, Function<String, T> parse) {
        module.addSerializer(type, ToStringSerializer.instance);
        module.addDeserializer(type, new FromStringDeserializer<T>(type) {
            @Override
            protected T _deserialize(String value, DeserializationContext context) {
                return parse.apply(value);
            }
        });
    }

    /** How the selector's case is told: by the property {@code by}. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "by")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = CheckpointSelector.Latest.class, name = "latest"),
        @JsonSubTypes.Type(value = CheckpointSelector.ById.class, name = "id"),
        @JsonSubTypes.Type(value = CheckpointSelector.ByTag.class, name = "tag"),
        @JsonSubTypes.Type(value = CheckpointSelector.AtTime.class, name = "time")
    })
    private interface SelectorTyping {}
}
