package io.tidemark.pluginhost;

import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;

/** Guards the questions to a capture, and its end. */
final class GuardedCaptureSession implements CaptureSession {
    private final CaptureSession inner;
    private final Guard guard;

    GuardedCaptureSession(CaptureSession inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public void confirmContinuity(Deadline deadline) throws ProviderException {
        guard.run(
                "CaptureSession.confirmContinuity",
                Guard.argument("deadline", deadline),
                () -> inner.confirmContinuity(deadline));
    }

    @Override
    public void close() {
        guard.quietly("CaptureSession.close", inner::close);
    }
}
