package io.tidemark.spi.capture;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import java.util.List;

/** Facet: copies the writes of running VMs. */
public interface WriteCapture {
    /**
     * Starts capture of the given volumes of one VM without disturbing it. Returns once every volume's writes reach the sink; the
     * volumes turn synchronous later ({@link CaptureSink#onSynchronous}). A VM that is off is captured from its next start on, or
     * refused with {@code REJECTED}: the provider says which by doing so.
     *
     * <p>The host attaches once per VM however many VPGs it is in. After {@link CaptureSink#onContinuityLost} it closes the session
     * and attaches anew. What an earlier, crashed host process left behind (jobs, exports) is removed by this call.
     */
    CaptureSession attach(VmId vm, List<VolumeId> volumes, CaptureSink sink, Deadline deadline)
            throws ProviderException;
}
