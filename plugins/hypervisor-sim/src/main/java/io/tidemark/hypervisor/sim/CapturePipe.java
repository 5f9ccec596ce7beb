package io.tidemark.hypervisor.sim;

import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.id.VolumeId;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the writes of one disk to one sink, until it is closed or fails. Guarded by the lock of its disk. */
final class CapturePipe {
    private static final Logger LOG = LoggerFactory.getLogger(CapturePipe.class);

    private final VolumeId volume;
    private final CaptureSink sink;
    private boolean open = true;

    CapturePipe(VolumeId volume, CaptureSink sink) {
        this.volume = volume;
        this.sink = sink;
    }

    /** No contents are delivered first, so the volume is synchronous from the first write on. */
    void start() {
        sink.onSynchronous(volume);
    }

    void write(long offset, ByteBuffer data) {
        if (!open) {
            return;
        }
        try {
            sink.onWrite(volume, offset, data);
        } catch (RuntimeException broken) {
            // A sink that throws breaks its contract; the guest must not pay for it, and the loss must not be silent.
            LOG.atError().addKeyValue("volume", volume).log("The capture sink failed", broken);
            fail(LossCause.CAPTURE_FAILED, "the host's sink failed: " + broken);
        }
    }

    boolean isOpen() {
        return open;
    }

    /** Ends capture unasked; told to the sink once. */
    void fail(LossCause cause, String detail) {
        if (open) {
            open = false;
            LOG.atInfo()
                    .addKeyValue("volume", volume)
                    .addKeyValue("cause", cause)
                    .log("Capture ended: {}", detail);
            sink.onContinuityLost(volume, cause, detail);
        }
    }

    /** Ends capture as asked; the sink hears nothing more. */
    void close() {
        open = false;
    }
}
