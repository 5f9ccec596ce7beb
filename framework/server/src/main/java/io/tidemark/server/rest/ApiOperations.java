package io.tidemark.server.rest;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Everything that carries out the contract's operations, by operation id. */
final class ApiOperations implements AutoCloseable {
    /** Requests whose body is a file, by method and path; it is streamed, and neither held in memory nor checked as JSON. */
    private static final Set<String> UPLOADS =
            Set.of("POST " + RestServer.BASE + "/plugins", "POST " + RestServer.BASE + "/plugins/verifications");

    private final Map<String, Operation> operations = new HashMap<>();
    private final Map<String, Handler<RoutingContext>> streams = new HashMap<>();
    private final Map<String, Upload> uploads = new HashMap<>();
    private final EventStreams eventStreams;

    ApiOperations(ApiContext context) throws IOException {
        PluginApi plugins = new PluginApi(context.plugins());
        operations.putAll(
                new SiteApi(context.self(), context.version(), context.control(), context.mesh(), context.hypervisors())
                        .operations());
        operations.putAll(new ProtectionApi(context.control()).operations());
        operations.putAll(new RecoveryApi(context.control()).operations());
        operations.putAll(plugins.operations());
        streams.put("getContract", new Contract());
        uploads.put("installPlugin", new Upload(context.uploads(), context.executor(), plugins::install));
        uploads.put("verifyPlugin", new Upload(context.uploads(), context.executor(), plugins::verify));
        eventStreams = new EventStreams(context.control().events(), context.executor());
        streams.put("streamEvents", eventStreams);
    }

    /** Operations that run on virtual threads. */
    Map<String, Operation> operations() {
        return operations;
    }

    /** Operations that run on the event loop because they stream their answer. */
    Map<String, Handler<RoutingContext>> streams() {
        return streams;
    }

    /** Operations that stream their body. */
    Map<String, Upload> uploads() {
        return uploads;
    }

    static boolean isUpload(String method, String path) {
        return UPLOADS.contains(method + " " + path);
    }

    @Override
    public void close() {
        eventStreams.close();
    }
}
