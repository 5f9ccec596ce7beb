package io.tidemark.launcher.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A program of a plugin that brings up what a hypervisor instance of the demo talks to. It prints one line of JSON,
 * {@code {"kind": "…", "settings": {…}}}, and lives until its standard input ends.
 */
final class Surroundings implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration END_LIMIT = Duration.ofMinutes(1);
    private static final int LINES_TOLD = 5;

    private final Process process;
    private final String kind;
    private final Map<String, String> settings;

    private Surroundings(Process process, String kind, Map<String, String> settings) {
        this.process = process;
        this.kind = kind;
        this.settings = settings;
    }

    /**
     * Starts a program and waits for its line.
     *
     * @param log where its standard error goes
     */
    static Surroundings start(Path program, List<String> arguments, Path log) throws DemoException, IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(log.toFile())
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start();
        try {
            return parse(process, program, firstLine(process, program, log));
        } catch (DemoException | RuntimeException e) {
            end(process);
            throw e;
        }
    }

    private static String firstLine(Process process, Path program, Path log) throws DemoException {
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        CompletableFuture<@Nullable String> line = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("demo-surroundings").start(() -> {
            try {
                line.complete(output.readLine());
                // Whatever it says later must not fill the pipe.
                while (output.readLine() != null) {}
            } catch (IOException e) {
                line.complete(null);
            }
        });
        String told;
        try {
            told = line.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new DemoException(program + " said nothing for " + START_LIMIT.toMinutes() + " minutes; see " + log);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while " + program + " started");
        } catch (ExecutionException e) {
            throw new IllegalStateException("nothing completes it with a failure", e);
        }
        if (told == null) {
            throw new DemoException(program + " ended without a line of JSON: " + lastLines(log));
        }
        return told;
    }

    private static Surroundings parse(Process process, Path program, String line) throws DemoException {
        try {
            JsonNode told = new ObjectMapper().readTree(line);
            if (!told.path("kind").isTextual() || !told.path("settings").isObject()) {
                throw new DemoException(program + " did not say 'kind' and 'settings', but: " + line);
            }
            Map<String, String> settings = new LinkedHashMap<>();
            told.path("settings")
                    .properties()
                    .forEach(each -> settings.put(each.getKey(), each.getValue().asText()));
            return new Surroundings(process, told.path("kind").asText(), settings);
        } catch (JsonProcessingException e) {
            throw new DemoException(program + " did not say JSON, but: " + line);
        }
    }

    private static String lastLines(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join(" / ", lines.subList(Math.max(0, lines.size() - LINES_TOLD), lines.size()));
        } catch (IOException e) {
            return "and its errors cannot be read (" + e.getMessage() + ")";
        }
    }

    /** Of the hypervisor instance to add. */
    String kind() {
        return kind;
    }

    /** Of the hypervisor instance to add. */
    Map<String, String> settings() {
        return settings;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Ends the program's input, and waits until it has put everything away. */
    @Override
    public void close() {
        end(process);
    }

    private static void end(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended by itself; there is nothing to tell it any more.
        }
        try {
            if (!process.waitFor(END_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
