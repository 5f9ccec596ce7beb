package io.tidemark.spi.capture;

/** Capture of one VM. */
public interface CaptureSession extends AutoCloseable {
    /**
     * Ends capture and leaves the VM running and unharmed, and nothing of ours attached to it. No sink call is made after return.
     * Idempotent; waits a few seconds at most; never throws.
     */
    @Override
    void close();
}
