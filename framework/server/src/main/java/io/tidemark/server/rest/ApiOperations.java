package io.tidemark.server.rest;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;

/**
 * Everything that the contract's operations are carried out by.
 *
 * @param operations by operation id, run on virtual threads
 * @param streams by operation id, run on the event loop: those that stream their body or their answer
 * @param unchecked ids among the streams whose request is not read before they run
 * @param uploads method and path of requests whose body is not JSON, for example {@code POST /api/v1/plugins}
 */
record ApiOperations(
        Map<String, Operation> operations,
        Map<String, Handler<RoutingContext>> streams,
        Set<String> unchecked,
        Set<String> uploads) {
    ApiOperations {
        operations = Map.copyOf(operations);
        streams = Map.copyOf(streams);
        unchecked = Set.copyOf(unchecked);
        uploads = Set.copyOf(uploads);
    }
}
