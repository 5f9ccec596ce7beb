package io.tidemark.hypervisor.vsphere;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The host simulator in a process of its own. It ends with this process, whatever happens to it. */
final class HostSimulatorProcess implements Hosts {
    private static final Pattern ADDRESS = Pattern.compile("\"adminUrl\":\"([^\"]+)\"");

    private final Process process;
    private final URI address;

    private HostSimulatorProcess(Process process, URI address) {
        this.process = process;
        this.address = address;
    }

    static HostSimulatorProcess start(Path jar, Path folder, Path datastore) throws IOException, InterruptedException {
        Path token = Files.writeString(folder.resolve("host-token"), TOKEN);
        Path secret = Files.writeString(folder.resolve("filter-secret"), TOKEN);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        jar.toString(),
                        "--datastore",
                        datastore.toString(),
                        "--token-file",
                        token.toString(),
                        "--filter-secret-file",
                        secret.toString())
                .redirectError(Path.of(System.getProperty("java.io.tmpdir"), "hosts-" + System.nanoTime() + ".log")
                        .toFile())
                .start();
        // Not closed: it is the process's output as long as that runs.
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String line = String.valueOf(output.readLine());
        Matcher address = ADDRESS.matcher(line);
        if (!address.find()) {
            process.destroyForcibly().waitFor();
            throw new IOException("the host simulator said " + line);
        }
        return new HostSimulatorProcess(process, URI.create(address.group(1)));
    }

    @Override
    public URI address() {
        return address;
    }

    @Override
    public void resetTracking(Path flat) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(address.resolve("/disks/reset-tracking"))
                            .header("Authorization", "Bearer " + TOKEN)
                            .POST(HttpRequest.BodyPublishers.ofString("{\"datastorePath\":\"" + flat + "\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(answer.body());
            }
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
