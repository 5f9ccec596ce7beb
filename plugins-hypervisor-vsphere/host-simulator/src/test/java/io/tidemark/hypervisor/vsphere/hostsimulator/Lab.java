package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.FilterClientConfig;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** A simulator with its vCenter and a line to its filter endpoint, for one test. */
final class Lab implements AutoCloseable {
    static final long DISK_BYTES = 8L << 20;
    static final String VM = "vm-7";
    static final int FIRST_KEY = 2000;
    static final String DISK = VM + "/" + FIRST_KEY;
    static final FilterSecret SECRET = FilterSecret.of("a secret for tests, of 32 bytes or more");
    static final Duration IDLE = Duration.ofMillis(1500);
    static final Duration THAW_AFTER = Duration.ofMillis(700);

    private static final String TOKEN = "a token for tests, of 32 bytes or more";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    final Path datastore;
    final HostSimulator simulator;
    final VCenterDriver vcenter;
    final FaultyLine line;
    private final List<FilterClient> clients = new ArrayList<>();
    private final Map<String, String> settings = new TreeMap<>();
    private List<Long> sizes = List.of(DISK_BYTES);

    Lab(Path datastore) throws IOException {
        this.datastore = datastore;
        this.simulator =
                new HostSimulator(new HostSimulator.Config(List.of(datastore), 0, TOKEN, 0, SECRET, IDLE, THAW_AFTER));
        this.vcenter = new VCenterDriver(URI.create("http://127.0.0.1:" + simulator.adminPort()), TOKEN);
        this.line = new FaultyLine(simulator.endpoint().port());
    }

    static Deadline soon() {
        return Deadline.after(LIMIT);
    }

    static void await(String what, Condition condition) throws Exception {
        for (Deadline limit = soon(); !condition.holds(); LockSupport.parkNanos(2_000_000)) {
            assertTrue(!limit.passed(), () -> "waited in vain: " + what);
        }
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    Path flat(int disk) {
        return datastore.resolve("guest").resolve("guest_" + disk + FlatFile.SUFFIX);
    }

    Lab with(String key, Object value) {
        settings.put("guestinfo.tidemark." + key, value.toString());
        return this;
    }

    Lab disks(List<Long> sizesBytes) {
        sizes = sizesBytes;
        return this;
    }

    ObjectNode state(boolean powered) throws IOException {
        List<VCenterDriver.Disk> disks = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            if (!Files.exists(flat(i))) {
                Files.createDirectories(flat(i).getParent());
                Files.createFile(flat(i)); // empty, as vcsim makes them
            }
            disks.add(new VCenterDriver.Disk(FIRST_KEY + i, flat(i), sizes.get(i)));
        }
        return VCenterDriver.vm("guest", powered, disks, settings);
    }

    void powerOn() throws Exception {
        vcenter.push(VM, state(true));
    }

    void powerOff() throws Exception {
        vcenter.push(VM, state(false));
    }

    /** Over the line. */
    FilterClient client() {
        return client(line.port());
    }

    FilterClient client(int port) {
        FilterClientConfig usual = FilterClientConfig.of("127.0.0.1", port, SECRET, "test");
        FilterClient client = FilterClient.open(new FilterClientConfig(
                usual.host(),
                usual.port(),
                usual.secret(),
                usual.name(),
                usual.sockets(),
                usual.threads(),
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                usual.closeLimit()));
        clients.add(client);
        return client;
    }

    long writes() throws Exception {
        return vcenter.report(VM).path("writes").asLong();
    }

    void awaitMoreWrites(int more) throws Exception {
        long enough = writes() + more;
        await("the guest writes", () -> writes() >= enough);
    }

    byte[] contents(int disk) throws IOException {
        return Files.readAllBytes(flat(disk));
    }

    @Override
    public void close() throws IOException {
        clients.forEach(FilterClient::close);
        line.close();
        vcenter.close();
        simulator.close();
    }
}
