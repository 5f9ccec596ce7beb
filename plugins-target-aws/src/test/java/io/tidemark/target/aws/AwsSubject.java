package io.tidemark.target.aws;

import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The target behind a gateway that can be cut off. */
final class AwsSubject implements HypervisorSubject {
    private final AwsLab lab = new AwsLab();
    private final TckProviderContext context =
            new TckProviderContext("aws-test", Files.createTempDirectory("aws-subject-"), lab.network());

    AwsSubject() throws Exception {}

    @Override
    public HypervisorSiteFactory factory() {
        return new AwsTargetFactory();
    }

    @Override
    public ProviderConfig config() {
        return lab.config(Map.of());
    }

    @Override
    public List<ProviderConfig> refusedConfigs() {
        return List.of(
                lab.config(Map.of("region", "Nowhere!")),
                lab.config(Map.of("endpoint", "http://127.0.0.1:1")),
                lab.config(Map.of("endpoint", "gopher://127.0.0.1")),
                lab.config(Map.of("secret-access-key", "")),
                lab.config(Map.of("live.subnet", "vpc-1")),
                lab.config(Map.of("live.subnet", "")),
                lab.config(Map.of("test.subnet", lab.live().subnet())),
                lab.config(Map.of("volume-type", "floppy")),
                lab.config(Map.of("boot-mode", "coreboot")),
                lab.config(Map.of("cadence", "often")),
                lab.config(Map.of("parallel-blocks", "0")),
                lab.config(Map.of("tags", "aws:name=x")),
                lab.config(Map.of("tags", "justaword")),
                lab.config(Map.of("encryption-key", "secret")));
    }

    @Override
    public TckProviderContext context() {
        return context;
    }

    @Override
    public Duration timeLimit() {
        return AwsLab.TIME_LIMIT;
    }

    @Override
    public Optional<FarEndSwitch> farEndSwitch() {
        return Optional.of(new FarEndSwitch() {
            @Override
            public void cut() {
                lab.gateway().faults().dieAfter(0);
            }

            @Override
            public void restore() {
                lab.gateway().faults().none();
            }
        });
    }

    @Override
    public void close() throws Exception {
        lab.close();
    }
}
