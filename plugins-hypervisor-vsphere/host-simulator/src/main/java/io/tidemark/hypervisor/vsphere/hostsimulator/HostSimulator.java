package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The whole simulator: VMs, the endpoint for filters, the HTTP side. */
final class HostSimulator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostSimulator.class);
    private static final Duration REQUESTS_LIMIT = Duration.ofSeconds(5);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("host-timer").factory());
    private final SimulatedHost host;
    private final FilterEndpoint endpoint;
    private final AdminServer admin;

    /**
     * How to start.
     *
     * @param datastores folders that the disks are in
     * @param adminPort of the HTTP side; 0 for any
     * @param filterPort of the endpoint for filters; 0 for any
     * @param filterIdle after which a silent filter is dead
     * @param thawAfter when writes of a frozen disk go on that nobody has thawed
     */
    record Config(
            List<Path> datastores,
            int adminPort,
            String adminToken,
            int filterPort,
            FilterSecret filterSecret,
            Duration filterIdle,
            Duration thawAfter) {}

    HostSimulator(Config config) throws IOException {
        List<Path> datastores = new ArrayList<>();
        for (Path datastore : config.datastores()) {
            datastores.add(datastore.toRealPath());
        }
        this.host = new SimulatedHost(datastores);
        try {
            this.endpoint = new FilterEndpoint(
                    config.filterPort(), config.filterSecret(), new Filters(host), config.filterIdle(), timer);
        } catch (IOException failed) {
            timer.shutdownNow();
            throw failed;
        }
        try {
            this.admin = new AdminServer(
                    config.adminPort(), config.adminToken(), new AdminRoutes(host, timer, config.thawAfter()));
        } catch (IOException failed) {
            endpoint.close();
            timer.shutdownNow();
            throw failed;
        }
    }

    SimulatedHost host() {
        return host;
    }

    FilterEndpoint endpoint() {
        return endpoint;
    }

    int adminPort() {
        return admin.port();
    }

    /** Stops the guests, hangs up, and leaves the disks as they are. Idempotent. */
    @Override
    public void close() {
        admin.close();
        host.close(); // which ends what guests and requests wait for
        try {
            if (!admin.awaitRequests(REQUESTS_LIMIT)) {
                LOG.atWarn().log("A request is still being answered while the simulator ends");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        endpoint.close();
        timer.shutdownNow();
    }
}
