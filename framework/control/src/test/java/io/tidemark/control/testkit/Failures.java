package io.tidemark.control.testkit;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Failures that a test orders, by the name of the effect. */
public final class Failures {
    private final Map<String, Ordered> ordered = new ConcurrentHashMap<>();

    /** The next {@code times} calls of the effect fail. */
    public void order(String effect, FailureKind kind, int times) {
        ordered.put(effect, new Ordered(kind, times));
    }

    void check(String effect) throws ProviderException {
        Ordered failure = ordered.get(effect);
        if (failure == null) {
            return;
        }
        if (failure.times <= 1) {
            ordered.remove(effect);
        } else {
            ordered.put(effect, new Ordered(failure.kind, failure.times - 1));
        }
        throw new ProviderException(failure.kind, effect + " did not work", "a test ordered it", "Nothing to do.");
    }

    private record Ordered(FailureKind kind, int times) {}
}
