package io.tidemark.replication.tracking;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import org.jspecify.annotations.Nullable;

/** What another thread threw, as a failure of the hypervisor. */
final class ProviderFailure {
    private ProviderFailure() {}

    static ProviderException of(@Nullable Throwable cause) {
        return cause instanceof ProviderException known
                ? known
                : new ProviderException(
                        FailureKind.BUG,
                        "Freezing a VM failed",
                        String.valueOf(cause),
                        "It is tried again; report this with the log",
                        cause);
    }
}
