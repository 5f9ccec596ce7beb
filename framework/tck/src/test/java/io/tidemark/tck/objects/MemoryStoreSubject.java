package io.tidemark.tck.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.objects.ObjectStoreFactory;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The store in memory as a subject. */
final class MemoryStoreSubject implements ObjectStoreSubject {
    private static final int LARGE_BYTES = 300_000;

    private final Optional<StoreFault> fault;
    private final AtomicReference<@Nullable MemoryObjectStore> first = new AtomicReference<>();

    MemoryStoreSubject(Optional<StoreFault> fault) {
        this.fault = fault;
    }

    @Override
    public ObjectStoreFactory factory() {
        return new ObjectStoreFactory() {
            @Override
            public ProviderKind kind() {
                return new ProviderKind("memory");
            }

            @Override
            public ConfigSpec configSpec() {
                return new ConfigSpec(List.of());
            }

            @Override
            public ObjectStore open(ProviderConfig config, ProviderContext host, Deadline deadline)
                    throws ProviderException {
                if (!config.values().isEmpty()) {
                    throw new ProviderException(
                            FailureKind.REJECTED, "The memory was not opened", "it has no settings", "Give none.");
                }
                MemoryObjectStore made = new MemoryObjectStore(fault, LARGE_BYTES);
                first.compareAndSet(null, made);
                return made;
            }
        };
    }

    @Override
    public ProviderConfig config() {
        return new ProviderConfig(Map.of());
    }

    @Override
    public List<ProviderConfig> refusedConfigs() {
        return List.of(new ProviderConfig(Map.of("a", "b")));
    }

    @Override
    public TckProviderContext context() {
        return new TckProviderContext("memory", Path.of(""), new NoBlockNetwork());
    }

    /** Short: a store that never lets go of a lock has to be found out by then. */
    @Override
    public Duration timeLimit() {
        return Duration.ofSeconds(6);
    }

    @Override
    public int largeObjectBytes() {
        return LARGE_BYTES;
    }

    @Override
    public Optional<Corrupter> corrupter() {
        return Optional.ofNullable(first.get()).map(store -> store::corrupt);
    }

    @Override
    public void close() {}
}
