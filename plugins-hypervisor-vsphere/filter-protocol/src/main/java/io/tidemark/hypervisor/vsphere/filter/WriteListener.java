package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskEvent;
import io.tidemark.spi.block.ZeroCause;
import java.nio.ByteBuffer;

/**
 * Is handed what a guest does to one disk, in order, on one thread. Each write has to be completed by
 * {@link FilterAttachment#complete}, now or later, on any thread: the guest waits for it, for the time limit at most. Must return fast and
 * not throw; one that throws ends the attachment.
 */
public interface WriteListener {
    /** Bytes that the guest writes; the buffer is read-only and may be kept. */
    void onWrite(FilterAttachment disk, long sequence, long offset, ByteBuffer data);

    /** A range that reads as zeroes from here on. */
    void onZero(FilterAttachment disk, long sequence, long offset, long lengthBytes, ZeroCause cause);

    /** The guest asks for everything to be durable. */
    default void onFlush(FilterAttachment disk, long sequence) {
        disk.complete(sequence);
    }

    /** Something happened to the disk; completed on return. */
    void onEvent(FilterAttachment disk, DiskEvent event);

    /** Continuity is lost: the last call. The state says why, and up to which sequence nothing is missing. */
    void onGap(FilterAttachment disk, AttachmentState state);
}
