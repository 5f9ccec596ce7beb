package io.tidemark.server.dataplane;

import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.ProtectionEngine;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.replication.ReplicationEngine;
import io.tidemark.replication.ReplicationSettings;
import io.tidemark.replication.receive.RecoveryJournals;
import io.tidemark.replication.serve.ServedCheckpoints;
import io.tidemark.server.wiring.DataPlane;
import io.tidemark.server.wiring.DataPlaneContext;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.io.IOException;
import java.nio.file.Path;

/** Replication in both directions: what this site protects, and the journals that it keeps for others. */
public final class ReplicationDataPlane implements DataPlane {
    private final ReplicationEngine engine;
    private final RecoveryJournals journals;
    private final ServedCheckpoints served;
    private final ProtectionEngine protection;
    private final JournalStore store;

    private ReplicationDataPlane(ReplicationEngine engine, RecoveryJournals journals, ServedCheckpoints served) {
        this.engine = engine;
        this.journals = journals;
        this.served = served;
        this.protection = new ReplicationProtection(engine);
        this.store = new ReplicationJournalStore(journals, served);
    }

    /**
     * Opens the journals below {@code <directory>/journals} and recovers them.
     *
     * @param journalConfig how journals are kept on disk
     * @param socketFolder where checkpoints are served; short enough for the paths of unix sockets
     */
    public static DataPlane open(
            DataPlaneContext context, Path socketFolder, ReplicationSettings settings, JournalConfig journalConfig)
            throws ProviderException {
        try {
            RecoveryJournals journals =
                    new RecoveryJournals(context.directory().resolve("journals"), journalConfig, new FileStoreFiles());
            ServedCheckpoints served = new ServedCheckpoints(
                    journals, socketFolder, context.directory().resolve("scratch"));
            ReplicationEngine engine = new ReplicationEngine(settings, context.clock(), new ContextSites(context));
            return new ReplicationDataPlane(engine, journals, served);
        } catch (IOException e) {
            throw new ProviderException(
                    FailureKind.CORRUPT,
                    "The journals of this site cannot be opened",
                    String.valueOf(e.getMessage()),
                    "Nothing was changed. Mend what is named, then start Tidemark again",
                    e);
        }
    }

    private record ContextSites(DataPlaneContext context) implements ReplicationEngine.Sites {
        @Override
        public HypervisorSite hypervisor(String name) throws ProviderException {
            return context.hypervisors()
                    .find(name)
                    .orElseThrow(() -> new ProviderException(
                            FailureKind.UNREACHABLE,
                            "Hypervisor '" + name + "' is not connected",
                            "it could not be opened yet",
                            "Look at the hypervisor list for the reason; it is tried again by itself"));
        }

        @Override
        public TransportChannel openChannel(SiteId peer, StreamSpec stream, ChannelHandler handler, Deadline deadline)
                throws ProviderException {
            return context.streams().open(peer, stream.attributes(), handler, deadline);
        }
    }

    @Override
    public ProtectionEngine protection() {
        return protection;
    }

    @Override
    public JournalStore journals() {
        return store;
    }

    @Override
    public ChannelHandler acceptJournalStream(StreamSpec stream, SiteId peer, TransportChannel channel)
            throws ProviderException {
        return journals.accept(stream, peer, channel);
    }

    @Override
    public void close() {
        engine.close();
        served.close();
        journals.close();
    }
}
