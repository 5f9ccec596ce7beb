package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import java.time.Duration;
import javax.net.SocketFactory;

/**
 * Where a host's filter endpoint is, and how to reach it.
 *
 * @param name of this client, for the host's log
 * @param sockets makes the connections; one for TLS makes the protocol run inside TLS
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
        Duration connectLimit,
        Duration longestBackOff,
        Duration closeLimit) {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(1);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    /** With the usual limits, over plain TCP. */
    public static FilterClientConfig of(String host, int port, FilterSecret secret, String name) {
        return new FilterClientConfig(
                host, port, secret, name, SocketFactory.getDefault(), CONNECT_LIMIT, LONGEST_BACK_OFF, CLOSE_LIMIT);
    }
}
