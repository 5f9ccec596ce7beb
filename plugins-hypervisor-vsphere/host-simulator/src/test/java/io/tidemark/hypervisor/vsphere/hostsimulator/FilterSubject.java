package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A host simulator under the contract suites of capture and reading. */
final class FilterSubject implements HypervisorSubject {
    private final Path folder;
    private final Lab lab;
    private final FilterSite site;
    private final TckProviderContext context;

    FilterSubject() throws IOException {
        folder = Files.createTempDirectory(Path.of("/tmp"), "filter");
        lab = new Lab(Files.createDirectory(folder.resolve("datastore")));
        site = new FilterSite(lab);
        context =
                new TckProviderContext("filter", Files.createDirectory(folder.resolve("state")), new NoBlockNetwork());
    }

    @Override
    public HypervisorSiteFactory factory() {
        return new HypervisorSiteFactory() {
            @Override
            public ProviderKind kind() {
                return new ProviderKind("filter");
            }

            @Override
            public ConfigSpec configSpec() {
                return new ConfigSpec(List.of());
            }

            @Override
            public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline) {
                return site;
            }
        };
    }

    @Override
    public ProviderConfig config() {
        return new ProviderConfig(Map.of());
    }

    @Override
    public List<ProviderConfig> refusedConfigs() {
        return List.of();
    }

    @Override
    public TckProviderContext context() {
        return context;
    }

    @Override
    public Duration timeLimit() {
        return Duration.ofSeconds(20);
    }

    @Override
    public Optional<CaptureBreaker> captureBreaker() {
        return Optional.of((vm, volume) -> site.breakCapture(volume));
    }

    @Override
    public void close() throws IOException {
        lab.close();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (UncheckedIOException walking) {
            throw walking.getCause();
        }
    }

    /** Capture and reading need none. */
    private static final class NoBlockNetwork implements BlockNetwork {
        @Override
        public BlockExport export(String name, BlockDevice device) throws IOException {
            throw new IOException("no block network here");
        }

        @Override
        public BlockDevice connect(BlockAddress address) throws IOException {
            throw new IOException("no block network here");
        }
    }
}
