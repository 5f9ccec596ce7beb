package io.tidemark.tck.objects;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.objects.ObjectStoreFactory;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One object store under test, empty at first. Made once per contract class and closed after it. */
public interface ObjectStoreSubject extends AutoCloseable {
    ObjectStoreFactory factory();

    /** Settings that open the store. */
    ProviderConfig config();

    /** Settings that {@code open} must refuse; at least one. */
    List<ProviderConfig> refusedConfigs();

    TckProviderContext context();

    Duration timeLimit();

    /** An object so large that the store takes it in several parts. */
    int largeObjectBytes();

    /** Changes a stored byte behind the store's back; empty when the subject cannot. */
    default Optional<Corrupter> corrupter() {
        return Optional.empty();
    }

    @Override
    void close() throws Exception;

    default ObjectStore open() throws ProviderException {
        return factory().open(config(), context(), Deadline.after(timeLimit()));
    }

    /** See {@link ObjectStoreSubject#corrupter()}. */
    @FunctionalInterface
    interface Corrupter {
        void corrupt(String key) throws Exception;
    }
}
