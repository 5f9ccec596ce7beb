package io.tidemark.server.host;

import io.tidemark.spi.plugin.ProviderContext.Severity;

/** Takes what provider instances report for the event list. Never blocks, never throws. */
@FunctionalInterface
public interface EventSink {
    void report(String instance, Severity severity, String message);
}
