package io.tidemark.journal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Keeps the values that were used last, up to a total weight. Any thread; no value is made under its lock. */
final class WeightedCache<K, V> {
    private record Weighted<V>(V value, int weight) {}

    private final LinkedHashMap<K, Weighted<V>> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final long capacity;
    private long weight;

    WeightedCache(long capacity) {
        this.capacity = capacity;
    }

    /** What all values weigh; at most the capacity. */
    synchronized long weight() {
        return weight;
    }

    synchronized Optional<V> get(K key) {
        Weighted<V> found = entries.get(key);
        return found == null ? Optional.empty() : Optional.of(found.value);
    }

    synchronized void put(K key, V value, int valueWeight) {
        Weighted<V> replaced = entries.put(key, new Weighted<>(value, valueWeight));
        weight += valueWeight - (replaced == null ? 0 : replaced.weight);
        var oldest = entries.entrySet().iterator();
        while (weight > capacity && oldest.hasNext()) {
            Map.Entry<K, Weighted<V>> dropped = oldest.next();
            weight -= dropped.getValue().weight;
            oldest.remove();
        }
    }
}
