package io.tidemark.target.aws;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.volume.VolumeReader;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.ebs.BlockPool;
import io.tidemark.target.aws.ebs.SnapshotBuilder;
import io.tidemark.target.aws.ebs.Snapshots;
import io.tidemark.target.aws.launch.AwsRecovery;
import io.tidemark.target.aws.launch.Ec2Compute;
import io.tidemark.target.aws.launch.Ec2Inventory;
import io.tidemark.target.aws.launch.OriginReader;
import io.tidemark.target.aws.preflight.AwsPreflight;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.sts.model.GetCallerIdentityResponse;

/** One region of one account, open. */
final class AwsSite implements RecoverySite {
    private final AwsClients clients;
    private final AwsConfig config;
    private final BlockPool pool;
    private final Inventory inventory;
    private final Compute compute;
    private final AwsRecovery recovery;
    private final PreStaging preStaging;
    private final RecoveryPreflight preflight;
    private final VolumeReader reader;
    private final String account;
    private volatile boolean closed;

    private AwsSite(AwsConfig config, ProviderContext host, AwsClients clients, BlockPool pool, String account) {
        this.config = config;
        this.clients = clients;
        this.pool = pool;
        this.account = account;
        Snapshots snapshots = new Snapshots(clients, config);
        SnapshotBuilder builder = new SnapshotBuilder(
                clients, config, snapshots, pool, host.stateDirectory().resolve("uploads"));
        this.recovery = new AwsRecovery(host, config, clients, snapshots, builder);
        this.inventory = new Ec2Inventory(clients, recovery);
        this.compute = new Ec2Compute(recovery);
        this.preStaging = new AwsPreStaging(config, snapshots, builder, recovery);
        this.preflight = new AwsPreflight(clients, config);
        this.reader = new OriginReader(
                recovery,
                snapshots,
                builder,
                config.nothingBoots() ? OriginReader.Guests.NEVER_WRITE : OriginReader.Guests.MAY_WRITE);
    }

    static AwsSite open(AwsConfig config, ProviderContext host, Deadline deadline) throws ProviderException {
        AwsClients clients = new AwsClients(config.access(), config.parallelBlocks());
        try {
            String account = identity(clients, deadline).account();
            // Also finds out at once when the region or the endpoint is another one than meant.
            AwsFailures.call("The AWS target was not opened", deadline, limit -> clients.ec2()
                    .describeAvailabilityZones(request -> request.overrideConfiguration(limit)));
            BlockPool pool = new BlockPool(host.threads("blocks"), config.parallelBlocks());
            return new AwsSite(config, host, clients, pool, account);
        } catch (ProviderException | RuntimeException failed) {
            clients.close();
            throw failed;
        }
    }

    private static GetCallerIdentityResponse identity(AwsClients clients, Deadline deadline) throws ProviderException {
        return AwsFailures.call("AWS was not asked who this is", deadline, limit -> clients.sts()
                .getCallerIdentity(request -> request.overrideConfiguration(limit)));
    }

    @Override
    public String description() {
        return "AWS account " + account + ", region " + config.access().region()
                + config.access().endpoint().map(uri -> ", at " + uri).orElse("");
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.RECOVERY_OWNS_SCRATCH);
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        if (closed) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE, "The AWS target was not asked", "it is closed", "Open it again.");
        }
        identity(clients, deadline);
    }

    @Override
    public Inventory inventory() {
        return inventory;
    }

    @Override
    public Compute compute() {
        return compute;
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return Optional.of(recovery);
    }

    @Override
    public Optional<VolumeReader> volumeReader() {
        return Optional.of(reader);
    }

    @Override
    public Optional<PreStaging> preStaging() {
        return Optional.of(preStaging);
    }

    @Override
    public Optional<RecoveryPreflight> recoveryPreflight() {
        return Optional.of(preflight);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pool.close();
            clients.close();
        }
    }
}
