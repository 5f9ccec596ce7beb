package io.tidemark.hypervisor.vsphere;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.hypervisor.vsphere.datastore.DatastorePath;
import io.tidemark.hypervisor.vsphere.inventory.InventoryFeed;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.PowerState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Plays the hosts behind the vCenter for tests: runs the ledger program of powered-on VMs, makes their writes, keeps the changed maps, and holds the
 * writes while the vCenter takes a snapshot.
 */
final class PlayedHosts implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Pattern CONSOLE = Pattern.compile("/vms/([^/]+)/console");

    static {
        // Head and body of an answer are two packets; without this the second waits 40 ms for the first one's
        // acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final Path datastore;
    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<Path, PlayedDisk> disks = new ConcurrentHashMap<>();
    private volatile @Nullable InventoryFeed feed;
    private @Nullable VimSession session;

    PlayedHosts(Path datastore) throws IOException {
        this.datastore = datastore;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(executor);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Gives the vCenter that the hosts belong to; it was started with the hosts' address. */
    void join(VimSession own) {
        session = own;
        feed = new InventoryFeed(own, 100);
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        int status = 200;
        String text;
        try {
            Matcher console = CONSOLE.matcher(path);
            if (path.equals("/disks/freeze")) {
                text = disk(body).freeze();
            } else if (path.equals("/disks/thaw")) {
                disk(body).thaw();
                text = "{}";
            } else if (console.matches()) {
                text = console(new VmId(console.group(1)), body);
            } else {
                throw new Absent(path);
            }
        } catch (Absent absent) {
            status = 404;
            text = String.valueOf(absent.getMessage());
        } catch (Refused refused) {
            status = 409;
            text = "err " + refused.getMessage();
        } catch (ProviderException | InterruptedException | RuntimeException failed) {
            status = 500;
            text = failed.toString();
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** What the program in the guest refuses to do. */
    static final class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }

    private static final class Absent extends Exception {
        Absent(String what) {
            super(what);
        }
    }

    private PlayedDisk disk(String json) throws IOException {
        Matcher matcher = Pattern.compile("\"datastorePath\":\"([^\"]+)\"").matcher(json);
        if (!matcher.find()) {
            throw new IOException("no datastorePath in " + json);
        }
        return disk(Path.of(matcher.group(1)));
    }

    PlayedDisk disk(Path flat) {
        return disks.computeIfAbsent(flat, PlayedDisk::new);
    }

    private String console(VmId id, String line)
            throws ProviderException, Absent, Refused, IOException, InterruptedException {
        InventoryFeed joined = feed;
        Optional<VsphereVm> vm = joined == null
                ? Optional.empty()
                : joined.current(Deadline.after(LIMIT)).vm(id);
        if (vm.isEmpty()
                || vm.get().power() != PowerState.RUNNING
                || !"ledger".equals(vm.get().extraConfig().get("guestinfo.tidemark.workload"))) {
            throw new Absent("no program runs in " + id);
        }
        List<PlayedDisk> own = vm.get().disks().stream()
                .map(drive -> disk(flat(drive.fileName())))
                .toList();
        String[] words = line.strip().split(" ");
        if (words[0].equals("ping") || words[0].equals("sync")) {
            return "ok";
        }
        int number = Integer.parseInt(words[1]);
        if (number < 0 || number >= own.size()) {
            throw new Refused("there is no disk " + number);
        }
        LedgerProgram program = new LedgerProgram(own.get(number));
        return switch (words[0]) {
            case "append" -> program.append(Long.parseLong(words[2]));
            case "scramble" -> program.scramble();
            case "report" -> program.report();
            default -> throw new Refused("unknown request");
        };
    }

    private Path flat(String fileName) {
        String path = DatastorePath.parse(fileName).orElseThrow().path();
        return datastore.resolve(path.substring(0, path.length() - ".vmdk".length()) + "-flat.vmdk");
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
        VimSession own = session;
        if (own != null) {
            own.close();
        }
    }
}
