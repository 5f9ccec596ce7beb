package io.tidemark.tck.hypervisor;

import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.id.VolumeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps every sink call in one total order, among marks that a test sets. One sink may serve the sessions of several VMs, which puts
 * their writes into one order. Any thread.
 */
public final class RecordingSink implements CaptureSink {
    private final List<Call> calls = new ArrayList<>();

    @Override
    public void onWrite(VolumeId volume, long offset, ByteBuffer data) {
        byte[] copy = new byte[data.remaining()];
        data.get(copy);
        add(new Call.Write(volume, offset, ByteBuffer.wrap(copy).asReadOnlyBuffer()));
    }

    @Override
    public void onZero(VolumeId volume, long offset, long lengthBytes, ZeroCause cause) {
        add(new Call.Zero(volume, offset, lengthBytes));
    }

    @Override
    public void onDelivered(VolumeId volume, long deliveredBytes, long totalBytes) {
        add(new Call.Delivered(volume, deliveredBytes, totalBytes));
    }

    @Override
    public void onSynchronous(VolumeId volume) {
        add(new Call.Synchronous(volume));
    }

    @Override
    public void onContinuityLost(VolumeId volume, LossCause cause, String detail) {
        add(new Call.ContinuityLost(volume, cause, detail));
    }

    /** Puts a mark into the order and returns its position. */
    public int mark() {
        return add(new Call.Mark());
    }

    /** All calls so far. */
    public synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    /** How many calls (and marks) there were so far. */
    public synchronized int size() {
        return calls.size();
    }

    /** Calls for one volume so far. */
    public List<Call> callsOf(VolumeId volume) {
        return calls().stream().filter(call -> call.concerns(volume)).toList();
    }

    public boolean isSynchronous(VolumeId volume) {
        return callsOf(volume).stream().anyMatch(Call.Synchronous.class::isInstance);
    }

    /** Losses reported for one volume so far. */
    public List<Call.ContinuityLost> losses(VolumeId volume) {
        return callsOf(volume).stream()
                .filter(Call.ContinuityLost.class::isInstance)
                .map(Call.ContinuityLost.class::cast)
                .toList();
    }

    /** Whether bytes were written to the volume between two positions of the order. */
    public boolean wroteBetween(VolumeId volume, int from, int to) {
        return calls().subList(from, to).stream().anyMatch(call -> call instanceof Call.Write && call.concerns(volume));
    }

    /** Applies the recorded writes and zeroes of a volume to its contents, in order. */
    public void replay(VolumeId volume, byte[] contents) {
        for (Call call : callsOf(volume)) {
            call.applyTo(contents);
        }
    }

    private synchronized int add(Call call) {
        calls.add(call);
        return calls.size() - 1;
    }

    /** One entry of the order. */
    public sealed interface Call {
        /** A write; the buffer is read-only and stands at its start. */
        record Write(VolumeId volume, long offset, ByteBuffer data) implements Call {
            @Override
            public void applyTo(byte[] contents) {
                data.get(0, contents, Math.toIntExact(offset), data.remaining());
            }
        }

        /** A range turned to zeroes. */
        record Zero(VolumeId volume, long offset, long lengthBytes) implements Call {
            @Override
            public void applyTo(byte[] contents) {
                int from = Math.toIntExact(offset);
                Arrays.fill(contents, from, from + Math.toIntExact(lengthBytes), (byte) 0);
            }
        }

        /** Progress of delivery. */
        record Delivered(VolumeId volume, long deliveredBytes, long totalBytes) implements Call {}

        /** The volume turned synchronous. */
        record Synchronous(VolumeId volume) implements Call {}

        /** Capture of the volume ended. */
        record ContinuityLost(VolumeId volume, LossCause cause, String detail) implements Call {}

        /** Set by the test. */
        record Mark() implements Call {}

        default boolean concerns(VolumeId id) {
            return switch (this) {
                case Write write -> write.volume.equals(id);
                case Zero zero -> zero.volume.equals(id);
                case Delivered delivered -> delivered.volume.equals(id);
                case Synchronous synchronous -> synchronous.volume.equals(id);
                case ContinuityLost lost -> lost.volume.equals(id);
                case Mark mark -> false;
            };
        }

        /** Changes the contents as the call says; most calls change nothing. */
        default void applyTo(byte[] contents) {}
    }
}
