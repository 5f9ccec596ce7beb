package io.tidemark.bench.measure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** An outcome as JSON for programs; numbers as measured, {@code null} for what there is not. */
public final class OutcomeJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private OutcomeJson() {}

    public static String of(Outcome outcome) {
        ObjectNode root = JSON.createObjectNode();
        root.put("name", outcome.name());
        var notes = root.putArray("notes");
        outcome.notes().forEach(notes::add);
        var metrics = root.putArray("metrics");
        outcome.metrics().forEach(metric -> put(metrics.addObject(), metric));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values is always JSON", e);
        }
    }

    private static void put(ObjectNode node, Metric metric) {
        node.put("name", metric.name());
        node.put("unit", metric.unit());
        node.put("tidemark", metric.tidemark());
        node.put("peer", metric.peer());
        node.put("peerName", metric.peerName());
        node.put("ratio", metric.ratio());
        node.putArray("spread").add(metric.spread().min()).add(metric.spread().max());
        String bar = metric.bar().toString();
        node.put("bar", bar.isEmpty() ? null : bar);
        node.put("met", metric.met());
    }
}
