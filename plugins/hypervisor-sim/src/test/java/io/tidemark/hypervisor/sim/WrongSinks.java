package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.id.VolumeId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/** Sinks that stand for captures that break the laws of {@link CaptureSink}. */
final class WrongSinks {
    private WrongSinks() {}

    /** Passes everything on. */
    abstract static class Passing implements CaptureSink {
        final CaptureSink host;

        Passing(CaptureSink host) {
            this.host = host;
        }

        @Override
        public void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            host.onWrite(volume, offset, data);
        }

        @Override
        public void onZero(VolumeId volume, long offset, long lengthBytes, ZeroCause cause) {
            host.onZero(volume, offset, lengthBytes, cause);
        }

        @Override
        public void onDelivered(VolumeId volume, long deliveredBytes, long totalBytes) {
            host.onDelivered(volume, deliveredBytes, totalBytes);
        }

        @Override
        public void onSynchronous(VolumeId volume) {
            host.onSynchronous(volume);
        }

        @Override
        public void onContinuityLost(VolumeId volume, LossCause cause, String detail) {
            host.onContinuityLost(volume, cause, detail);
        }

        static ByteBuffer copy(ByteBuffer data) {
            return ByteBuffer.allocate(data.remaining()).put(data.duplicate()).flip();
        }
    }

    /** Loses one write in ten. */
    static final class Dropping extends Passing {
        private int writes;

        Dropping(CaptureSink host) {
            super(host);
        }

        @Override
        public void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            writes++;
            if (writes % 10 != 0) {
                host.onWrite(volume, offset, data);
            }
        }
    }

    /** Where a write overlaps an earlier one of the same place, the earlier one comes last. */
    static final class Reordering extends Passing {
        private final Map<String, ByteBuffer> earlier = new HashMap<>();

        Reordering(CaptureSink host) {
            super(host);
        }

        @Override
        public synchronized void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            ByteBuffer old = earlier.put(volume + "@" + offset, copy(data));
            host.onWrite(volume, offset, data);
            if (old != null) {
                host.onWrite(volume, offset, old.duplicate());
            }
        }
    }

    /** The guest's write returns first and reaches the host with the next one. */
    static final class Late extends Passing {
        private final Queue<Runnable> waiting = new ArrayDeque<>();

        Late(CaptureSink host) {
            super(host);
        }

        @Override
        public synchronized void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            ByteBuffer kept = copy(data);
            Runnable previous = waiting.poll();
            if (previous != null) {
                previous.run();
            }
            waiting.add(() -> host.onWrite(volume, offset, kept));
        }
    }

    /** Hands the buffer on one sector off. */
    static final class Shifting extends Passing {
        Shifting(CaptureSink host) {
            super(host);
        }

        @Override
        public void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            host.onWrite(volume, Math.max(0, offset - 512), data);
        }
    }

    /** Takes every disk of a VM for the one that was written first. */
    static final class MixingUp extends Passing {
        private final Map<String, VolumeId> firstOfVm = new HashMap<>();

        MixingUp(CaptureSink host) {
            super(host);
        }

        @Override
        public synchronized void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            String vm = volume.value().substring(0, volume.value().lastIndexOf('/'));
            host.onWrite(firstOfVm.computeIfAbsent(vm, first -> volume), offset, data);
        }
    }

    /** Reports each loss {@code times} times. */
    static final class Losing extends Passing {
        private final int times;

        Losing(CaptureSink host, int times) {
            super(host);
            this.times = times;
        }

        @Override
        public void onContinuityLost(VolumeId volume, LossCause cause, String detail) {
            for (int i = 0; i < times; i++) {
                host.onContinuityLost(volume, cause, detail);
            }
        }
    }

    /** Gives every loss the same cause. */
    static final class Unspecific extends Passing {
        Unspecific(CaptureSink host) {
            super(host);
        }

        @Override
        public void onContinuityLost(VolumeId volume, LossCause cause, String detail) {
            host.onContinuityLost(volume, LossCause.CAPTURE_FAILED, detail);
        }
    }
}
