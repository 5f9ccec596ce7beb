package io.tidemark.pluginhost;

import io.tidemark.spi.capture.CaptureSession;

/** Guards the end of a capture. */
final class GuardedCaptureSession implements CaptureSession {
    private final CaptureSession inner;
    private final Guard guard;

    GuardedCaptureSession(CaptureSession inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public void close() {
        guard.quietly("CaptureSession.close", inner::close);
    }
}
