package io.tidemark.systemtests;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Ports that nobody listens on, below those that the system gives to outgoing connections: a site that is down for a while finds its port
 * free again.
 */
final class FreePort {
    private static final int FIRST = 20_000;
    private static final int BOUND = 32_000;
    private static final Random RANDOM = new Random();
    private static final Set<Integer> GIVEN = new HashSet<>();

    private FreePort() {}

    static synchronized int next() {
        while (true) {
            int port = RANDOM.nextInt(FIRST, BOUND);
            if (GIVEN.contains(port)) {
                continue;
            }
            try (ServerSocket probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                GIVEN.add(port);
                return port;
            } catch (IOException taken) {
                GIVEN.add(port);
            }
        }
    }
}
