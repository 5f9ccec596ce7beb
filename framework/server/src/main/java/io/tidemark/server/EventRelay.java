package io.tidemark.server;

import io.tidemark.control.ControlException;
import io.tidemark.control.event.Events;
import io.tidemark.server.host.EventSink;
import io.tidemark.spi.plugin.ProviderContext;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries what plugins report to the event list of the control plane, which comes up after them. Reporting never blocks; what finds the
 * queue full is only logged.
 */
final class EventRelay implements EventSink, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventRelay.class);
    private static final int CAPACITY = 1_000;

    private final BlockingQueue<Report> waiting = new LinkedBlockingQueue<>(CAPACITY);
    private volatile boolean closed;

    private record Report(String instance, ProviderContext.Severity severity, String message) {}

    @Override
    public void report(String instance, ProviderContext.Severity severity, String message) {
        LOG.atInfo()
                .addKeyValue("instance", instance)
                .addKeyValue("severity", severity)
                .log(message);
        if (!closed && !waiting.offer(new Report(instance, severity, message))) {
            LOG.atWarn().addKeyValue("instance", instance).log("Too many events wait; this one is only in the log");
        }
    }

    /** From now on reports are recorded, those that waited first. */
    void deliverTo(Events events) {
        Thread.ofVirtual().name("event-relay").start(() -> {
            while (!closed) {
                try {
                    record(events, waiting.take());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        });
    }

    private void record(Events events, Report report) {
        if (closed) {
            return;
        }
        try {
            events.publish(
                    switch (report.severity()) {
                        case INFO -> io.tidemark.control.event.Severity.INFO;
                        case WARNING -> io.tidemark.control.event.Severity.WARNING;
                        case ERROR -> io.tidemark.control.event.Severity.ERROR;
                    },
                    "hypervisor",
                    Optional.empty(),
                    Optional.empty(),
                    report.instance() + ": " + report.message());
        } catch (ControlException e) {
            LOG.atWarn()
                    .addKeyValue("instance", report.instance())
                    .setCause(e)
                    .log("A plugin's event was not recorded");
        }
    }

    /** Lets the delivering thread end; what still waits is dropped. */
    @Override
    public void close() {
        closed = true;
        waiting.clear();
        // Wakes the thread; the report itself is not recorded any more.
        if (!waiting.offer(new Report("server", ProviderContext.Severity.INFO, "closing"))) {
            LOG.atDebug().log("The event relay closes with a full queue");
        }
    }
}
