package io.tidemark.target.aws.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One endpoint for all services: EBS direct is {@link StrictEbs}, the rest is moto, corrected where moto knows of no pending snapshots and of
 * no images that need theirs. Every request passes {@link Faults}.
 */
public final class CloudGateway implements AutoCloseable {
    private static final Set<String> NOT_FORWARDED =
            Set.of("host", "content-length", "connection", "expect", "upgrade", "transfer-encoding");
    private static final Pattern ITEM = Pattern.compile(
            "<snapshotId>([^<]+)</snapshotId>(.*?)<status>([a-z]+)</status>"
                    + "|<status>([a-z]+)</status>((?:(?!<snapshotId>).)*?)<snapshotId>([^<]+)</snapshotId>",
            Pattern.DOTALL);
    private static final Pattern IMAGE = Pattern.compile("<imageId>([^<]+)</imageId>");

    private final ObjectMapper json = new ObjectMapper();
    private final StrictEbs ebs = new StrictEbs();
    private final Faults faults = new Faults();
    private final String moto;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient forwarder =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /** Snapshot of the boot disk, by image. */
    private final Map<String, String> images = new ConcurrentHashMap<>();
    /** Actions of EC2 that were carried out, with how often. */
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();

    public CloudGateway(Moto moto) throws IOException {
        this.moto = moto.uri();
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public String uri() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public StrictEbs ebs() {
        return ebs;
    }

    public Faults faults() {
        return faults;
    }

    /** Snapshots of the boot disks of the images that are registered now, by image. */
    public Map<String, String> images() {
        return new TreeMap<>(images);
    }

    /** How often an action of EC2 was carried out. */
    public int calls(String action) {
        return calls.getOrDefault(action, 0);
    }

    /** One answer. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Answer(int status, Map<String, String> headers, byte[] body) {}

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Faults.Fate fate = faults.next();
            if (fate == Faults.Fate.DROPPED) {
                return;
            }
            Answer answer = answer(exchange, body);
            if (fate == Faults.Fate.UNANSWERED) {
                return;
            }
            answer.headers()
                    .forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
            exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
            if (answer.body().length > 0) {
                exchange.getResponseBody().write(answer.body());
            }
        }
    }

    private Answer answer(HttpExchange exchange, byte[] body) throws IOException {
        try {
            return exchange.getRequestURI().getPath().startsWith("/snapshots")
                    ? direct(exchange, body)
                    : ec2(exchange, body);
        } catch (EbsRefusal refusal) {
            Map<String, String> headers = new HashMap<>();
            headers.put("x-amzn-ErrorType", refusal.type());
            headers.put("Content-Type", "application/json");
            refusal.retryAfterSeconds().ifPresent(seconds -> headers.put("Retry-After", seconds.toString()));
            ObjectNode text = json.createObjectNode().put("Message", refusal.getMessage());
            return new Answer(refusal.status(), headers, json.writeValueAsBytes(text));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("the gateway was closed", interrupted);
        } catch (IOException | RuntimeException failed) {
            throw failed;
        } catch (Exception failed) {
            throw new IOException(failed);
        }
    }

    private Answer direct(HttpExchange exchange, byte[] body) throws Exception {
        String[] path = exchange.getRequestURI().getPath().split("/");
        String method = exchange.getRequestMethod();
        if (method.equals("POST") && path.length == 2) {
            faults.beforeEbs("ebs:StartSnapshot");
            return start(exchange, body);
        }
        if (method.equals("POST")) {
            faults.beforeEbs("ebs:CompleteSnapshot");
            ebs.complete(
                    path[3],
                    Integer.parseInt(
                            header(exchange, "x-amz-ChangedBlocksCount").orElse("-1")),
                    header(exchange, "x-amz-Checksum"),
                    header(exchange, "x-amz-Checksum-Aggregation-Method"));
            return json(202, json.createObjectNode().put("Status", "pending"));
        }
        if (method.equals("PUT")) {
            faults.beforeEbs("ebs:PutSnapshotBlock");
            String checksum = ebs.put(
                    path[2],
                    Integer.parseInt(path[4]),
                    body,
                    Integer.parseInt(header(exchange, "x-amz-Data-Length").orElse("-1")),
                    header(exchange, "x-amz-Checksum").orElse(""),
                    header(exchange, "x-amz-Checksum-Algorithm").orElse(""));
            return new Answer(
                    201, Map.of("x-amz-Checksum", checksum, "x-amz-Checksum-Algorithm", "SHA256"), new byte[0]);
        }
        Map<String, String> query =
                form(Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse(""));
        if (path.length == 4) {
            faults.beforeEbs("ebs:ListSnapshotBlocks");
            return list(path[2], query);
        }
        faults.beforeEbs("ebs:GetSnapshotBlock");
        byte[] block = ebs.block(path[2], Integer.parseInt(path[4]), query.getOrDefault("blockToken", ""));
        return new Answer(
                200,
                Map.of(
                        "x-amz-Data-Length",
                        Integer.toString(block.length),
                        "x-amz-Checksum",
                        StrictEbs.base64(StrictEbs.sha256(block)),
                        "x-amz-Checksum-Algorithm",
                        "SHA256",
                        "Content-Type",
                        "application/octet-stream"),
                block);
    }

    private Answer start(HttpExchange exchange, byte[] body) throws Exception {
        JsonNode request = json.readTree(body);
        Map<String, String> tags = new TreeMap<>();
        request.path("Tags")
                .forEach(tag ->
                        tags.put(tag.path("Key").asText(), tag.path("Value").asText()));
        Optional<String> parent = text(request, "ParentSnapshotId");
        String id = ebs.start(
                new StrictEbs.StartRequest(
                        request.path("VolumeSize").asLong(),
                        parent,
                        tags,
                        request.path("Encrypted").asBoolean()),
                text(request, "ClientToken"),
                // moto makes the snapshot that EC2 shows.
                () -> json.readTree(forward(exchange, body).body())
                        .path("SnapshotId")
                        .asText());
        ObjectNode answer = json.createObjectNode()
                .put("SnapshotId", id)
                .put("Status", "pending")
                .put("BlockSize", StrictEbs.BLOCK_BYTES)
                .put("VolumeSize", request.path("VolumeSize").asLong());
        parent.ifPresent(each -> answer.put("ParentSnapshotId", each));
        return json(201, answer);
    }

    private Answer list(String id, Map<String, String> query) throws Exception {
        int first = Integer.parseInt(query.getOrDefault("pageToken", query.getOrDefault("startingBlockIndex", "0")));
        StrictEbs.Page page = ebs.list(id, first, Integer.parseInt(query.getOrDefault("maxResults", "10000")));
        ObjectNode answer =
                json.createObjectNode().put("BlockSize", StrictEbs.BLOCK_BYTES).put("VolumeSize", page.sizeGib());
        ArrayNode blocks = answer.putArray("Blocks");
        page.tokens()
                .forEach((index, token) ->
                        blocks.addObject().put("BlockIndex", index).put("BlockToken", token));
        page.next().ifPresent(next -> answer.put("NextToken", next.toString()));
        return json(200, answer);
    }

    private Answer ec2(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
        Map<String, String> request = form(new String(body, StandardCharsets.UTF_8));
        String action = request.getOrDefault("Action", "");
        String snapshot = request.getOrDefault("SnapshotId", "");
        if (action.equals("DeleteSnapshot") && images.containsValue(snapshot)) {
            // User guide, "Delete a snapshot": not while a registered AMI uses it.
            return error("InvalidSnapshot.InUse", "The snapshot " + snapshot + " is currently in use by an AMI");
        }
        Answer answer = forward(exchange, body);
        if (answer.status() / 100 != 2) {
            return answer;
        }
        calls.merge(action, 1, Integer::sum);
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        switch (action) {
            case "DeleteSnapshot" -> ebs.deleted(snapshot);
            case "RegisterImage" -> {
                Matcher image = IMAGE.matcher(text);
                if (image.find()) {
                    images.put(image.group(1), request.getOrDefault("BlockDeviceMapping.1.Ebs.SnapshotId", ""));
                }
            }
            case "DeregisterImage" -> images.remove(request.getOrDefault("ImageId", ""));
            case "DescribeSnapshots" -> {
                return new Answer(
                        answer.status(), answer.headers(), withStates(text).getBytes(StandardCharsets.UTF_8));
            }
            default -> {
                // Nothing that has to be corrected.
            }
        }
        return answer;
    }

    private String withStates(String text) {
        return ITEM.matcher(text).replaceAll(found -> {
            boolean idFirst = found.group(1) != null;
            String id = idFirst ? found.group(1) : found.group(6);
            String was = idFirst ? found.group(3) : found.group(4);
            String state = ebs.ec2State(id).orElse(was);
            return Matcher.quoteReplacement(
                    found.group().replace("<status>" + was + "</status>", "<status>" + state + "</status>"));
        });
    }

    private Answer forward(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(moto + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (!NOT_FORWARDED.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
            }
        });
        HttpResponse<byte[]> response = forwarder.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        Map<String, String> headers = new HashMap<>();
        response.headers().map().forEach((name, values) -> {
            if (!NOT_FORWARDED.contains(name.toLowerCase(Locale.ROOT))) {
                headers.put(name, values.getFirst());
            }
        });
        return new Answer(response.statusCode(), headers, response.body());
    }

    private static Answer error(String code, String message) {
        String text = "<Response><Errors><Error><Code>" + code + "</Code><Message>" + message
                + "</Message></Error></Errors><RequestID>fake</RequestID></Response>";
        return new Answer(400, Map.of("Content-Type", "text/xml"), text.getBytes(StandardCharsets.UTF_8));
    }

    private Answer json(int status, JsonNode body) throws IOException {
        return new Answer(status, Map.of("Content-Type", "application/json"), json.writeValueAsBytes(body));
    }

    private static Optional<String> header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    private static Optional<String> text(JsonNode node, String name) {
        return node.hasNonNull(name) ? Optional.of(node.get(name).asText()) : Optional.empty();
    }

    private static Map<String, String> form(String text) {
        Map<String, String> values = new HashMap<>();
        for (String pair : text.split("&")) {
            int at = pair.indexOf('=');
            if (at > 0) {
                values.put(
                        URLDecoder.decode(pair.substring(0, at), StandardCharsets.UTF_8),
                        URLDecoder.decode(pair.substring(at + 1), StandardCharsets.UTF_8));
            }
        }
        return values;
    }

    @Override
    public void close() {
        server.stop(0);
        forwarder.close();
        threads.shutdownNow();
    }
}
