package io.tidemark.server.rest;

import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.validation.SchemaValidationException;
import io.vertx.openapi.validation.ValidatorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The wrong places of a request, out of what the check against the contract reports: its messages name a parameter in their text only,
 * and repeat each fault of a body at every level above it.
 */
final class ContractViolations {
    private static final Pattern PARAMETER = Pattern.compile("(path|query|header|cookie) parameter (\\S+)");
    private static final Pattern WRONG_TYPE = Pattern.compile("Instance type (\\S+) is invalid\\. Expected (.+)");
    private static final Pattern MISSING = Pattern.compile("Instance does not have required property \"(.+)\"");

    /** Messages that only say that something is wrong below, or beside it. */
    private static final Pattern NOISE =
            Pattern.compile("Property .* does not match schema|Items did not match schema|A subschema had errors|"
                    + ".*does not match the format \"int64\"");

    /** Said of an unknown member, and of a known one in which something is wrong. */
    private static final Pattern UNKNOWN_MEMBER =
            Pattern.compile("Property .* does not match additional properties schema");

    private ContractViolations() {}

    static List<Problem.FieldError> of(ValidatorException cause) {
        String message = String.valueOf(cause.getMessage());
        Matcher parameter = PARAMETER.matcher(message);
        String prefix = parameter.find() ? parameter.group(1) + "/" + trimmed(parameter.group(2)) : "";
        Map<String, String> byPlace = new LinkedHashMap<>();
        if (cause instanceof SchemaValidationException schema && schema.getOutputUnit() != null) {
            List<OutputUnit> leaves = new ArrayList<>();
            collect(schema.getOutputUnit(), leaves);
            leaves.stream().filter(leaf -> !isUnknownMember(leaf)).forEach(leaf -> note(leaf, prefix, byPlace));
            leaves.stream().filter(ContractViolations::isUnknownMember).forEach(leaf -> {
                String pointer = pointer(leaf, prefix);
                if (byPlace.keySet().stream()
                        .noneMatch(place -> place.equals(pointer) || place.startsWith(pointer + "/"))) {
                    byPlace.put(pointer, "there is no such member");
                }
            });
        }
        if (byPlace.isEmpty()) {
            return List.of(new Problem.FieldError(prefix, readable(message)));
        }
        List<Problem.FieldError> errors = new ArrayList<>();
        byPlace.forEach((place, detail) -> errors.add(new Problem.FieldError(place, detail)));
        return errors;
    }

    private static String trimmed(String name) {
        return name.endsWith(".") || name.endsWith(":") ? name.substring(0, name.length() - 1) : name;
    }

    private static void collect(OutputUnit unit, List<OutputUnit> into) {
        List<OutputUnit> below = unit.getErrors();
        if (below != null && !below.isEmpty()) {
            below.forEach(each -> collect(each, into));
        } else if (unit.getError() != null) {
            into.add(unit);
        }
    }

    private static void note(OutputUnit leaf, String prefix, Map<String, String> byPlace) {
        String text = leaf.getError();
        if (NOISE.matcher(text).matches()) {
            return;
        }
        String pointer = pointer(leaf, prefix);
        Matcher missing = MISSING.matcher(text);
        if (missing.matches()) {
            byPlace.putIfAbsent(pointer + "/" + missing.group(1), "is missing");
        } else {
            byPlace.putIfAbsent(pointer, readable(text));
        }
    }

    private static boolean isUnknownMember(OutputUnit leaf) {
        return UNKNOWN_MEMBER.matcher(leaf.getError()).matches();
    }

    private static String pointer(OutputUnit leaf, String prefix) {
        String location = leaf.getInstanceLocation() == null ? "" : leaf.getInstanceLocation();
        return prefix + (location.startsWith("#") ? location.substring(1) : location);
    }

    private static String readable(String text) {
        Matcher type = WRONG_TYPE.matcher(text);
        if (type.matches()) {
            return "is of type " + type.group(1) + "; expected " + type.group(2);
        }
        if (text.contains("can't be decoded")) {
            return "not valid JSON";
        }
        return text.lines().findFirst().orElse("");
    }
}
