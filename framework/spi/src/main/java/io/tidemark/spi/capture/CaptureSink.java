package io.tidemark.spi.capture;

import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.id.VolumeId;
import java.nio.ByteBuffer;

/**
 * Takes the captured writes. Implemented by the host; called on the plugin's data threads; never blocks on I/O, never throws.
 *
 * <p>Contract of the caller, which all consistency rests on:
 *
 * <ol>
 *   <li>A write is passed here <em>before</em> it is acknowledged to the guest. The host may cut a checkpoint at any moment between
 *       two calls; no acknowledgement may run ahead of the call.
 *   <li>For overlapping writes of one volume the order of the calls is the order in which they took effect on the source.
 *   <li>When this is called, the write is already visible through {@link io.tidemark.spi.volume.VolumeReader}.
 *   <li>From {@link #onSynchronous} on no write is missing, until {@link #onContinuityLost}.
 * </ol>
 */
public interface CaptureSink {
    /** Bytes written to a volume (by the guest, or by the delivery of its contents). The buffer is the caller's again after return. */
    void onWrite(VolumeId volume, long offset, ByteBuffer data);

    /** A range that now reads as zeroes. */
    void onZero(VolumeId volume, long offset, long lengthBytes, ZeroCause cause);

    /** How far the delivery of contents is, where the provider has {@code capture.delivers-contents}. */
    void onDelivered(VolumeId volume, long deliveredBytes, long totalBytes);

    /**
     * From here on every write of this volume arrives before its acknowledgement. Where the provider delivers contents, they have all
     * arrived.
     */
    void onSynchronous(VolumeId volume);

    /** Writes of this volume may have been missed from about now on. At most once per volume and session. */
    void onContinuityLost(VolumeId volume, LossCause cause, String detail);
}
