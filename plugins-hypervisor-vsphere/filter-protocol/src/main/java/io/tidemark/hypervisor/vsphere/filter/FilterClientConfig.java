package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import javax.net.SocketFactory;

/**
 * Where a host's filter endpoint is, and how to reach it.
 *
 * @param name of this client, for the host's log
 * @param sockets makes the connections; one for TLS makes the protocol run inside TLS
 * @param threads makes the threads for a role, unstarted: {@code ProviderContext.threads} of a plugin; they have to be daemons
 * @param connectLimit for connecting and shaking hands, once
 * @param longestBackOff between two attempts; the first ones follow each other faster, as a guest may be waiting
 * @param closeLimit how long closing waits for the host and for a listener that is at work
 */
public record FilterClientConfig(
        String host,
        int port,
        FilterSecret secret,
        String name,
        SocketFactory sockets,
        Function<String, ThreadFactory> threads,
        Duration connectLimit,
        Duration longestBackOff,
        Duration closeLimit) {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(1);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    /** With the usual limits, over plain TCP. */
    public static FilterClientConfig of(String host, int port, FilterSecret secret, String name) {
        return new FilterClientConfig(
                host,
                port,
                secret,
                name,
                SocketFactory.getDefault(),
                FilterClientConfig::daemons,
                CONNECT_LIMIT,
                LONGEST_BACK_OFF,
                CLOSE_LIMIT);
    }

    private static ThreadFactory daemons(String role) {
        return Thread.ofPlatform().daemon().name("filter-" + role + "-", 1).factory();
    }
}
