package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** One thing as a table of its members. */
final class Details {
    private Details() {}

    static TextTable of(JsonNode object) {
        TextTable table = new TextTable("PROPERTY", "VALUE");
        object.properties().forEach(member -> add(table, member.getKey(), member.getValue()));
        return table;
    }

    /** A property with all that is below it. */
    static void add(TextTable table, String name, JsonNode value) {
        if (value.isObject()) {
            value.properties().forEach(member -> add(table, name + "." + member.getKey(), member.getValue()));
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                add(table, name + "[" + i + "]", value.get(i));
            }
        } else if (name.endsWith("Bytes")) {
            table.row(name, Human.size(value.asLong()));
        } else {
            table.row(name, Human.text(value));
        }
    }
}
