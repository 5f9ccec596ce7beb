package io.tidemark.transport.tcp;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** When a channel last heard of its peer, last sent something, and began to end; on {@link System#nanoTime()}. Any thread. */
final class Liveness {
    private final long idleNanos;
    private volatile long heardAtNanos = System.nanoTime();
    private volatile long sentAtNanos = System.nanoTime();
    private volatile boolean listening = true;

    Liveness(long idleNanos) {
        this.idleNanos = idleNanos;
    }

    void sent() {
        sentAtNanos = System.nanoTime();
    }

    /** Nobody listens while the handler works on a frame: the peer's silence means nothing then. */
    void pauseListening() {
        listening = false;
    }

    void resumeListening() {
        heardAtNanos = System.nanoTime();
        listening = true;
    }

    boolean peerIsSilent(long nowNanos) {
        return listening && nowNanos - heardAtNanos > idleNanos;
    }

    boolean pingIsDue(long nowNanos) {
        return nowNanos - sentAtNanos > idleNanos / 3;
    }

    /** Notes each arrival of bytes, so that a long frame over a slow line counts as a sign of life. */
    InputStream listenTo(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int count = super.read(into, offset, length);
                heardAtNanos = System.nanoTime();
                return count;
            }
        };
    }
}
