package io.tidemark.launcher.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Console;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Tells the story on the console as it happens, and keeps the steps for the report. Main thread only. */
final class Narrator {
    private final Pace pace;
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final List<DemoReport.Step> steps = new ArrayList<>();
    private final long startedNanos = System.nanoTime();
    private String lastProgress = "";
    private volatile boolean silent;

    Narrator(Pace pace) {
        this.pace = pace;
    }

    /** Whether somebody watches. */
    enum Pace {
        HEADLESS,
        INTERACTIVE
    }

    /** A part of the story that may fail. */
    interface Part<T> {
        T run() throws Exception;
    }

    /** Runs one step: says what it is, and how long it took or why it failed. */
    <T> T step(String title, Part<T> part) throws Exception {
        say("▸ " + title);
        long since = System.nanoTime();
        try {
            T result = part.run();
            long millis = (System.nanoTime() - since) / 1_000_000;
            steps.add(new DemoReport.Step(title, "done", millis));
            say(String.format(Locale.ROOT, "  done in %.1f s", millis / 1000.0));
            return result;
        } catch (Exception e) {
            steps.add(new DemoReport.Step(title, "failed", (System.nanoTime() - since) / 1_000_000));
            throw e;
        }
    }

    /** One line, with the time since the start. */
    void say(String line) {
        if (silent) {
            return;
        }
        long seconds = Duration.ofNanos(System.nanoTime() - startedNanos).toSeconds();
        out.println(String.format(Locale.ROOT, "[%2d:%02d] %s", seconds / 60, seconds % 60, line));
    }

    /** A line about something that goes on; said again only when it changed. */
    void progress(String line) {
        if (!line.equals(lastProgress)) {
            lastProgress = line;
            say("  " + line);
        }
    }

    /** Shows the step that a task is at. */
    void task(JsonNode task) {
        for (JsonNode step : task.path("steps")) {
            if (step.path("state").asText().equals("RUNNING")) {
                String message = step.path("message").asText();
                progress("… " + step.path("title").asText() + (message.isEmpty() ? "" : ": " + message));
            }
        }
    }

    /** Lets a person look before it goes on. */
    @SuppressWarnings("SystemConsoleNull") // it is null without a terminal where the JDK has no console module
    void pause(String question) {
        Console console = System.console();
        if (pace == Pace.HEADLESS || console == null || !console.isTerminal()) {
            return;
        }
        console.readLine("        %s Press Enter to go on. ", question);
    }

    /** What still runs is being taken away; its complaints are nobody's business. */
    void fallSilent() {
        silent = true;
    }

    List<DemoReport.Step> steps() {
        return List.copyOf(steps);
    }
}
