package io.tidemark.pluginhost;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the control calls into one plugin: sets its class loader as context, turns everything that is not a {@link ProviderException}
 * into one of kind {@code BUG}, refuses null results, and logs calls that outlast their deadline.
 */
final class Guard {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
    // A call that uses its deadline up and then has to unwind is not worth a line.
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final PluginManifest plugin;
    private final ClassLoader loader;

    Guard(PluginManifest plugin, ClassLoader loader) {
        this.plugin = plugin;
        this.loader = loader;
    }

    PluginManifest plugin() {
        return plugin;
    }

    /** Makes a call that returns something. */
    <T> T call(String method, Deadline deadline, Call<T> call) throws ProviderException {
        if (deadline.passed()) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    method + " of " + plugin + " was not called",
                    "its deadline had passed already",
                    "It is tried again; if this repeats, the host is overloaded.");
        }
        T result;
        try {
            result = inContext(call);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            throw defect(method, e.toString(), e);
        } finally {
            logOverrun(method, deadline);
        }
        return present(method, result);
    }

    /** Makes a call that returns nothing. */
    void run(String method, Deadline deadline, Action action) throws ProviderException {
        call(method, deadline, () -> {
            action.run();
            return Boolean.TRUE;
        });
    }

    /** Asks for something that takes no deadline and cannot fail by contract. */
    <T> T ask(String method, Supplier<T> question) throws ProviderException {
        try {
            return present(method, inContext(question::get));
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            throw defect(method, e.toString(), e);
        }
    }

    /** Like {@link #ask} for methods that cannot throw: answers {@code otherwise} and logs the defect. */
    <T> T askOr(String method, T otherwise, Supplier<T> question) {
        try {
            return ask(method, question);
        } catch (ProviderException e) {
            LOG.atError()
                    .addKeyValue("plugin", plugin)
                    .addKeyValue("method", method)
                    .setCause(e)
                    .log("A plugin broke a promise of the plugin interface; going on with a safe answer");
            return otherwise;
        }
    }

    /** Makes a call that must not throw, such as {@code close}. */
    void quietly(String method, Runnable action) {
        askOr(method, Boolean.FALSE, () -> {
            action.run();
            return Boolean.TRUE;
        });
    }

    /** Refuses an argument that the host must not pass; a defect of the host. */
    static <T> T argument(String name, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' must not be null");
        }
        return value;
    }

    /** Keeps progress outside of 0 to 1 from the host. */
    static DoubleConsumer bounded(DoubleConsumer progress) {
        return value -> {
            if (value >= 0 && value <= 1) {
                progress.accept(value);
            }
        };
    }

    /** A result that contradicts the SPI. */
    ProviderException defect(String method, String why, @Nullable Throwable cause) {
        return new ProviderException(
                FailureKind.BUG,
                method + " of plugin " + plugin + " failed in a way that it must not",
                why,
                "Report it to " + plugin.provider() + " with the log; nothing was assumed about the outcome.",
                cause);
    }

    private <T> T present(String method, @Nullable T result) throws ProviderException {
        if (result == null) {
            throw defect(method, "it returned null", null);
        }
        return result;
    }

    private <T> @Nullable T inContext(Call<T> call) throws ProviderException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return call.run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private void logOverrun(String method, Deadline deadline) {
        long overNanos = System.nanoTime() - deadline.atNanos();
        if (overNanos > GRACE.toNanos()) {
            LOG.atWarn()
                    .addKeyValue("plugin", plugin)
                    .addKeyValue("method", method)
                    .addKeyValue("overMillis", overNanos / 1_000_000)
                    .log("A plugin returned after its deadline; what waits for it was held up");
        }
    }

    /** An optional facet with its guard around it. */
    <F> Optional<F> facet(String method, Supplier<Optional<F>> question, java.util.function.UnaryOperator<F> wrap)
            throws ProviderException {
        return ask(method, question).map(wrap);
    }

    /** A call that returns something. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws ProviderException;
    }

    /** A call that returns nothing. */
    @FunctionalInterface
    interface Action {
        void run() throws ProviderException;
    }
}
