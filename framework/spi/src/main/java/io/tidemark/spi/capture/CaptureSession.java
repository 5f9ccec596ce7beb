package io.tidemark.spi.capture;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;

/** Capture of one VM. */
public interface CaptureSession extends AutoCloseable {
    /**
     * Proves continuity up to now: returns only when every write of the captured volumes that was acknowledged to the guest before this call had
     * been passed to the sink. For volumes lost to {@link LossCause#VM_STOPPED} that is so as long as the VM has not run since.
     *
     * <p>The host asks after each cut, and the checkpoint becomes selectable only if the answer is yes: a capture may have broken a moment
     * before the provider hears of it. May wait, within the deadline, for what is being found out. All volumes must be synchronous.
     *
     * @throws ProviderException {@code CONTINUITY_LOST} when writes may be missing; any other kind when it cannot be known now
     */
    void confirmContinuity(Deadline deadline) throws ProviderException;

    /**
     * Ends capture and leaves the VM running and unharmed, and nothing of ours attached to it. No sink call is made after return.
     * Idempotent; waits a few seconds at most; never throws.
     */
    @Override
    void close();
}
