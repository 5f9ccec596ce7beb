package io.tidemark.hypervisor.vsphere;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Plays the hosts behind the vCenter, in the words that the host simulator speaks: is told of VMs, runs the ledger program of those that have
 * power, makes their writes, keeps the changed maps, and holds the writes while the vCenter takes a snapshot.
 */
final class PlayedHosts implements Hosts {
    private static final ObjectMapper JSON = new ObjectMapper();

    static {
        // Head and body of an answer are two packets; without this the second waits 40 ms for the first one's
        // acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, JsonNode> vms = new ConcurrentHashMap<>();
    private final Map<Path, PlayedDisk> disks = new ConcurrentHashMap<>();

    PlayedHosts() throws IOException {
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(executor);
        server.createContext("/", this::handle);
        server.start();
    }

    @Override
    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** What is answered. */
    private record Answer(int status, String body) {}

    private void handle(HttpExchange exchange) throws IOException {
        Answer answer;
        byte[] asked = exchange.getRequestBody().readAllBytes();
        try {
            boolean known =
                    ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
            String what = exchange.getRequestMethod() + exchange.getRequestURI().getPath();
            answer = known ? answer(what.split("/"), JSON.readTree(asked)) : new Answer(401, "{}");
        } catch (Refused refused) {
            answer = new Answer(
                    409,
                    JSON.createObjectNode().put("why", refused.getMessage()).toString());
        } catch (IOException | InterruptedException | RuntimeException failed) {
            answer = new Answer(
                    500, JSON.createObjectNode().put("error", failed.toString()).toString());
        }
        byte[] bytes = JSON.writeValueAsBytes(JSON.readTree(answer.body()));
        exchange.sendResponseHeaders(answer.status(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** What the program in the guest refuses to do, or a disk. */
    static final class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }

    private Answer answer(String[] what, JsonNode body) throws Refused, IOException, InterruptedException {
        switch (what[0] + " " + what[1]) {
            case "POST disks" -> {
                PlayedDisk disk = disks.get(Path.of(body.path("datastorePath").asText()));
                if (disk == null) {
                    return new Answer(404, "{}");
                }
                if (what[2].equals("freeze")) {
                    return new Answer(200, disk.freeze());
                }
                disk.thaw();
            }
            case "PUT vms" -> {
                vms.put(what[2], body);
                disksOf(body);
            }
            case "DELETE vms" -> {
                JsonNode gone = vms.remove(what[2]);
                if (gone != null) {
                    gone.path("disks")
                            .forEach(disk ->
                                    disks.remove(Path.of(disk.path("flat").asText())));
                }
            }
            case "POST vms" -> {
                JsonNode vm = vms.get(what[2]);
                return vm == null ? new Answer(404, "{}") : new Answer(200, console(vm, body));
            }
            default -> {
                return new Answer(404, "{}");
            }
        }
        return new Answer(200, "{}");
    }

    private List<PlayedDisk> disksOf(JsonNode vm) {
        List<PlayedDisk> own = new ArrayList<>();
        vm.path("disks").forEach(disk -> own.add(disk(Path.of(disk.path("flat").asText()))));
        return own;
    }

    @Override
    public void resetTracking(Path flat) throws IOException, InterruptedException {
        disk(flat).resetTracking();
    }

    private PlayedDisk disk(Path flat) {
        return disks.computeIfAbsent(flat, PlayedDisk::new);
    }

    private String console(JsonNode vm, JsonNode body) throws Refused, IOException, InterruptedException {
        if (!"on".equals(vm.path("power").asText())) {
            throw new Refused("it is powered off");
        }
        String command = body.path("command").asText();
        if (command.equals("sync")) {
            return "{}";
        }
        List<PlayedDisk> own = disksOf(vm);
        int number = body.path("disk").asInt();
        if (number < 0 || number >= own.size()) {
            throw new Refused("there is no disk " + number);
        }
        LedgerProgram program = new LedgerProgram(own.get(number));
        return switch (command) {
            case "append" -> program.append(body.path("number").asLong());
            case "scramble" -> program.scramble();
            case "report" -> program.report();
            default -> throw new Refused("unknown command");
        };
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
