package io.tidemark.replication.capture;

import io.tidemark.replication.lane.Lane;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.id.VolumeId;
import java.nio.ByteBuffer;

/**
 * Copies the captured writes of one VM into every lane that takes them; the sink of one capture session.
 *
 * <p>Called on the plugin's data threads. A lane that joins is published before its sync reads the source: a write that misses the lane
 * was visible on the source by then, so the sync reads it.
 */
final class FanOut implements CaptureSink {
    private static final Lane[] NONE = {};

    private final LossListener lossListener;
    private volatile Lane[] lanes = NONE;

    FanOut(LossListener lossListener) {
        this.lossListener = lossListener;
    }

    /** Hears that a volume's capture has ended. Returns at once. */
    interface LossListener {
        void onLost(FanOut fanOut, VolumeId volume, LossCause cause, String detail);
    }

    void publish(Lane[] taking) {
        lanes = taking;
    }

    /** Takes all lanes out: there will be no more writes, and none is missing. */
    void restLanes(String why) {
        Lane[] resting = lanes;
        lanes = NONE;
        for (Lane lane : resting) {
            lane.vmStopped(why);
        }
    }

    /** Takes all lanes out: writes may be missing. */
    void loseLanes(String why) {
        Lane[] losing = lanes;
        lanes = NONE;
        for (Lane lane : losing) {
            lane.captureLost(why);
        }
    }

    @Override
    public void onWrite(VolumeId volume, long offset, ByteBuffer data) {
        for (Lane lane : lanes) {
            lane.captured(volume, offset, data);
        }
    }

    @Override
    public void onZero(VolumeId volume, long offset, long lengthBytes, ZeroCause cause) {
        for (Lane lane : lanes) {
            lane.capturedZero(volume, offset, lengthBytes, cause);
        }
    }

    @Override
    public void onDelivered(VolumeId volume, long deliveredBytes, long totalBytes) {
        for (Lane lane : lanes) {
            lane.delivered(volume, deliveredBytes);
        }
    }

    @Override
    public void onSynchronous(VolumeId volume) {
        for (Lane lane : lanes) {
            lane.synchronous(volume);
        }
    }

    @Override
    public void onContinuityLost(VolumeId volume, LossCause cause, String detail) {
        lossListener.onLost(this, volume, cause, detail);
    }
}
