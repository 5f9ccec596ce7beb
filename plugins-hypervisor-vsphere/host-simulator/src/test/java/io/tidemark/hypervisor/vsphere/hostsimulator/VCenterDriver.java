package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Plays the vCenter: pushes the state of VMs, freezes and thaws their disks, and types on their consoles. */
final class VCenterDriver implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI admin;
    private final String token;

    VCenterDriver(URI admin, String token) {
        this.admin = admin;
        this.token = token;
    }

    /** What came back. */
    record Answer(int status, JsonNode body) {
        JsonNode ok() {
            assertEquals(200, status, () -> body.toString());
            return body;
        }
    }

    /** A disk of a VM. */
    record Disk(int key, Path flat, long sizeBytes) {}

    static ObjectNode vm(String name, boolean powered, List<Disk> disks, Map<String, String> settings) {
        ObjectNode vm = Json.object().put("name", name).put("power", powered ? "on" : "off");
        for (Disk disk : disks) {
            vm.withArray("disks")
                    .addObject()
                    .put("key", disk.key())
                    .put("flat", disk.flat().toString())
                    .put("sizeBytes", disk.sizeBytes());
        }
        settings.forEach((key, value) -> vm.withObjectProperty("settings").put(key, value));
        return vm;
    }

    void push(String moref, JsonNode vm) throws Exception {
        request("PUT", "/vms/" + moref, vm).ok();
    }

    JsonNode freeze(Path flat) throws Exception {
        return disk("freeze", flat).ok();
    }

    void thaw(Path flat) throws Exception {
        disk("thaw", flat).ok();
    }

    Answer disk(String verb, Path flat) throws Exception {
        return request("POST", "/disks/" + verb, Json.object().put("datastorePath", flat.toString()));
    }

    Answer console(String moref, String command, int disk, long number) throws Exception {
        return request(
                "POST",
                "/vms/" + moref + "/console",
                Json.object().put("command", command).put("disk", disk).put("number", number));
    }

    /** What the random writer of the VM's first disk has seen. */
    JsonNode report(String moref) throws Exception {
        return request("GET", "/vms/" + moref + "/report", null)
                .ok()
                .path("disks")
                .path(0);
    }

    void clearReport(String moref) throws Exception {
        request("DELETE", "/vms/" + moref + "/report", null).ok();
    }

    Answer request(String method, String path, @org.jspecify.annotations.Nullable JsonNode body)
            throws IOException, InterruptedException {
        return raw(method, path, body == null ? "" : body.toString(), "Bearer " + token);
    }

    Answer raw(String method, String path, String body, String authorization) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(admin.resolve(path))
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        HttpResponse<byte[]> response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), Json.parse(new String(response.body(), StandardCharsets.UTF_8)));
    }

    @Override
    public void close() {
        http.close();
    }
}
