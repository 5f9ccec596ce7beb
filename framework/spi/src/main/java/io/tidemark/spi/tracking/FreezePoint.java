package io.tidemark.spi.tracking;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Instant;
import java.util.Optional;

/**
 * The volumes of one VM at one moment, while the VM runs on. It holds storage of the hypervisor: read what is needed and {@link #release} it
 * soon.
 *
 * <p>The contents are crash-consistent over all its volumes: what a power cut at that moment would have left. Calls may come from several
 * threads, one per volume; none after the release.
 */
public interface FreezePoint extends AutoCloseable {
    /** On the host's clock: every write that was acknowledged to the guest before this moment is in the contents. */
    Instant takenAt();

    /** The token to ask with next time; of use once this point's contents are durable in the replica, not before. */
    ChangeToken token(VolumeId volume);

    /**
     * What may have changed since a token was given.
     *
     * @param since empty for the first time
     * @throws ProviderException only when it cannot be known now; a token that is of no use any more is an answer, not a failure
     */
    VolumeChanges changes(VolumeId volume, Optional<ChangeToken> since, Deadline deadline) throws ProviderException;

    /** Opens the frozen contents, read-only. To be closed before the release. */
    BlockDevice open(VolumeId volume, Deadline deadline) throws ProviderException;

    /**
     * Gives the storage back. Idempotent. When it fails, or the process dies before, the next {@link ChangeTracking#freeze} of the VM does
     * it.
     */
    void release(Deadline deadline) throws ProviderException;

    /** Releases within seconds, if that was not done; never throws. */
    @Override
    void close();
}
