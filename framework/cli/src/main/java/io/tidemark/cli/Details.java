package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** One thing as a table of its members. */
final class Details {
    private Details() {}

    static TextTable of(JsonNode object) {
        TextTable table = new TextTable("PROPERTY", "VALUE");
        add(table, "", object);
        return table;
    }

    private static void add(TextTable table, String prefix, JsonNode object) {
        object.properties().forEach(member -> {
            String name = prefix + member.getKey();
            JsonNode value = member.getValue();
            if (value.isObject()) {
                add(table, name + ".", value);
            } else if (value.isArray()) {
                for (int i = 0; i < value.size(); i++) {
                    JsonNode element = value.get(i);
                    if (element.isObject()) {
                        add(table, name + "[" + i + "].", element);
                    } else {
                        table.row(name + "[" + i + "]", Human.text(element));
                    }
                }
            } else if (name.endsWith("Bytes")) {
                table.row(name, Human.size(value.asLong()));
            } else {
                table.row(name, Human.text(value));
            }
        });
    }
}
