package io.tidemark.tck.transport;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assertions;

/** Remembers everything that a channel tells, and notices calls that overlap or come after the last one. */
final class RecordingHandler implements ChannelHandler {
    private final String name;
    private final List<Received> frames = new ArrayList<>();
    private final List<Long> acknowledged = new ArrayList<>();
    private final List<Optional<ProviderException>> closes = new ArrayList<>();
    private final List<String> offences = new ArrayList<>();
    private final AtomicInteger inside = new AtomicInteger();
    private int writable;
    private boolean gateShut;
    private Runnable onFrame = () -> {};

    RecordingHandler(String name) {
        this.name = name;
    }

    @Override
    public void onFrame(long position, ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        entered(() -> frames.add(new Received(position, bytes)), "onFrame");
        Runnable extra;
        synchronized (this) {
            awaitGate();
            extra = onFrame;
        }
        try {
            extra.run();
        } finally {
            inside.decrementAndGet();
        }
    }

    @Override
    public void onAcknowledged(long position) {
        entered(() -> acknowledged.add(position), "onAcknowledged");
        inside.decrementAndGet();
    }

    @Override
    public void onWritable() {
        entered(() -> writable++, "onWritable");
        inside.decrementAndGet();
    }

    @Override
    public void onClosed(Optional<ProviderException> cause) {
        entered(() -> closes.add(cause), "onClosed");
        inside.decrementAndGet();
    }

    private synchronized void entered(Runnable record, String call) {
        if (inside.incrementAndGet() > 1) {
            offences.add(call + " while another call was on its way");
        }
        if (!closes.isEmpty()) {
            offences.add(call + " after onClosed");
        }
        record.run();
        notifyAll();
    }

    private void awaitGate() {
        while (gateShut) {
            try {
                wait();
            } catch (InterruptedException e) {
                offences.add("the transport interrupted its handler");
                return;
            }
        }
    }

    /** Makes {@code onFrame} wait until opened. */
    synchronized void shutGate() {
        gateShut = true;
    }

    synchronized void openGate() {
        gateShut = false;
        notifyAll();
    }

    synchronized void whenFrameComes(Runnable action) {
        onFrame = action;
    }

    synchronized List<Received> frames() {
        return List.copyOf(frames);
    }

    synchronized List<Long> acknowledged() {
        return List.copyOf(acknowledged);
    }

    synchronized int writable() {
        return writable;
    }

    synchronized List<Optional<ProviderException>> closes() {
        return List.copyOf(closes);
    }

    synchronized List<String> offences() {
        return List.copyOf(offences);
    }

    /** Waits until the condition holds; fails with what was seen instead. */
    synchronized void await(String what, Duration patience, BooleanSupplier condition) {
        if (!within(patience, condition)) {
            Assertions.fail(name + " waited " + patience + " for " + what + "; " + summary());
        }
    }

    /** Whether a condition came to hold in time. */
    synchronized boolean within(Duration patience, BooleanSupplier condition) {
        long endNanos = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            long leftMillis = (endNanos - System.nanoTime()) / 1_000_000;
            if (leftMillis <= 0) {
                return false;
            }
            try {
                wait(Math.min(leftMillis, 200));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                Assertions.fail("interrupted");
            }
        }
        return true;
    }

    private String summary() {
        return "frames " + frames.size() + ", acknowledged " + acknowledged + ", writable " + writable + ", closes "
                + closes;
    }

    /** A frame as it came. */
    static final class Received {
        private final long position;
        private final byte[] bytes;

        Received(long position, byte[] bytes) {
            this.position = position;
            this.bytes = bytes;
        }

        long position() {
            return position;
        }

        byte[] bytes() {
            return bytes;
        }
    }
}
