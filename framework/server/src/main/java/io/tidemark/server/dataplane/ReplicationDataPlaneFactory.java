package io.tidemark.server.dataplane;

import io.tidemark.journal.JournalConfig;
import io.tidemark.replication.ReplicationSettings;
import io.tidemark.server.wiring.DataPlane;
import io.tidemark.server.wiring.DataPlaneContext;
import io.tidemark.server.wiring.DataPlaneFactory;
import io.tidemark.spi.error.ProviderException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens the data plane that ships with Tidemark. */
public final class ReplicationDataPlaneFactory implements DataPlaneFactory {
    private static final Path SYSTEM_RUN = Path.of("/run");
    private static final Path TEMPORARY = Path.of("/tmp");

    private final JournalConfig journalConfig;

    /** With journals as they are kept usually. */
    public ReplicationDataPlaneFactory() {
        this(JournalConfig.defaults());
    }

    /** @param journalConfig how journals are kept on disk */
    public ReplicationDataPlaneFactory(JournalConfig journalConfig) {
        this.journalConfig = journalConfig;
    }

    @Override
    public DataPlane open(DataPlaneContext context) throws ProviderException {
        return ReplicationDataPlane.open(context, socketFolder(context), ReplicationSettings.DEFAULT, journalConfig);
    }

    /**
     * Short, and the same after a restart: recovered VMs that run on served checkpoints reconnect to the path they know.
     */
    private static Path socketFolder(DataPlaneContext context) {
        Path base = Files.isWritable(SYSTEM_RUN) ? SYSTEM_RUN : TEMPORARY;
        return base.resolve("tidemark-" + context.site().toString().substring(0, 8));
    }
}
