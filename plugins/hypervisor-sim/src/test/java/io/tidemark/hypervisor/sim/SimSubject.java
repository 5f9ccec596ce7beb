package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.ProviderException;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A simulated hypervisor in a folder of its own under {@code /tmp}; a mutation may stand between it and the suite. */
final class SimSubject implements HypervisorSubject {
    private final Path folder;
    private final UnaryOperator<HypervisorSite> mutation;
    private final Duration timeLimit;
    private final TckProviderContext context;
    private @Nullable SimSite opened;

    SimSubject() throws IOException {
        this(UnaryOperator.identity(), Duration.ofSeconds(20));
    }

    /** @param mutation makes each opened site wrong in one way */
    SimSubject(UnaryOperator<HypervisorSite> mutation, Duration timeLimit) throws IOException {
        this.folder = Files.createTempDirectory(Path.of("/tmp"), "sim");
        this.mutation = mutation;
        this.timeLimit = timeLimit;
        this.context = new TckProviderContext(
                "sim", Files.createDirectory(folder.resolve("state")), new NbdBlockNetwork(folder));
    }

    @Override
    public HypervisorSiteFactory factory() {
        return new MutatedFactory();
    }

    @Override
    public ProviderConfig config() {
        return directory(folder.resolve("hypervisor").toString());
    }

    @Override
    public List<ProviderConfig> refusedConfigs() {
        return List.of(directory("relative/folder"), directory("/dev/null/folder"), directory("\0"));
    }

    @Override
    public TckProviderContext context() {
        return context;
    }

    @Override
    public Duration timeLimit() {
        return timeLimit;
    }

    @Override
    public Optional<CaptureBreaker> captureBreaker() {
        return Optional.of((vm, volume) -> host().failCapture(volume));
    }

    @Override
    public Optional<FarEndSwitch> farEndSwitch() {
        Path vms = folder.resolve("hypervisor").resolve("vms");
        Path away = folder.resolve("away");
        return Optional.of(new FarEndSwitch() {
            @Override
            public void cut() throws IOException {
                Files.move(vms, away);
            }

            @Override
            public void restore() throws IOException {
                Files.move(away, vms);
            }
        });
    }

    @Override
    public void close() throws IOException {
        if (opened != null) {
            opened.close();
        }
        SimulatedHost.deleteFolder(folder);
    }

    /** The simulated computer of the site that was opened last. */
    SimulatedHost host() {
        SimSite site = opened;
        if (site == null) {
            throw new IllegalStateException("no site was opened");
        }
        return site.host();
    }

    private static ProviderConfig directory(String directory) {
        return new ProviderConfig(Map.of("directory", directory));
    }

    /** The real factory, but for the mutation. */
    private final class MutatedFactory implements HypervisorSiteFactory {
        private final SimSiteFactory real = new SimSiteFactory();

        @Override
        public ProviderKind kind() {
            return real.kind();
        }

        @Override
        public ConfigSpec configSpec() {
            return real.configSpec();
        }

        @Override
        public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline)
                throws ProviderException {
            SimSite site = (SimSite) real.open(config, host, deadline);
            opened = site;
            return mutation.apply(site);
        }
    }
}
