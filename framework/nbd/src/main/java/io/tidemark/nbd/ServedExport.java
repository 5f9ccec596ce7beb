package io.tidemark.nbd;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One named export of a server: who is connected to it, and whether its failures have been reported. Thread-safe. */
final class ServedExport {
    private static final Logger LOG = LoggerFactory.getLogger(ServedExport.class);

    private final String name;
    private final NbdExport export;
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean failureReported = new AtomicBoolean();
    private final AtomicBoolean defectReported = new AtomicBoolean();
    private volatile boolean removed;

    ServedExport(String name, NbdExport export) {
        this.name = name;
        this.export = export;
    }

    String name() {
        return name;
    }

    NbdExport export() {
        return export;
    }

    /** Counts a connection; false when the export has been removed meanwhile. */
    boolean join(ServerConnection connection) {
        connections.add(connection);
        // Checked after the add: a removal that missed this connection in its list is seen here.
        if (removed) {
            connections.remove(connection);
            return false;
        }
        return true;
    }

    void leave(ServerConnection connection) {
        connections.remove(connection);
    }

    void markRemoved() {
        removed = true;
    }

    List<ServerConnection> connections() {
        return List.copyOf(connections);
    }

    int connectionCount() {
        return connections.size();
    }

    /** Logs the first failure of each sort loudly and the rest quietly: a dead disk fails thousands of requests a second. */
    void report(String operation, long offset, long lengthBytes, NbdError answer, Exception cause) {
        boolean chosen = cause instanceof NbdErrorException;
        boolean defect = cause instanceof RuntimeException;
        boolean first = !chosen && (defect ? defectReported : failureReported).compareAndSet(false, true);
        var event = first ? (defect ? LOG.atError() : LOG.atWarn()) : LOG.atDebug();
        event.addKeyValue("export", name)
                .addKeyValue("operation", operation)
                .addKeyValue("offset", offset)
                .addKeyValue("lengthBytes", lengthBytes)
                .addKeyValue("answer", answer)
                .setCause(cause)
                .log(
                        "NBD export failed; the client gets the answer and further failures of this sort are logged at debug level");
    }
}
