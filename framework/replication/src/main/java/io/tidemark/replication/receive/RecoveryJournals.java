package io.tidemark.replication.receive;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.HistoryLimits;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalRefusedException;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalStatistics;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.Pinning;
import io.tidemark.journal.ScrubReport;
import io.tidemark.journal.VolumeView;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The recovery side of replication: the journals of every VPG that other sites protect here.
 *
 * <p>Folder: {@code <root>/<vpg>/} with {@code vpg.properties} (who may write) and one journal folder per VM. All of them are opened at
 * start, so that a restarted site takes writes again without being told.
 */
public final class RecoveryJournals implements AutoCloseable {
    private final Path root;
    private final JournalConfig config;
    private final StoreFiles files;
    private final Map<VpgId, VpgJournals> vpgs = new ConcurrentHashMap<>();

    /** Opens every journal below {@code root}, which is made if there is none. */
    public RecoveryJournals(Path root, JournalConfig config, StoreFiles files) throws IOException {
        this.root = root;
        this.config = config;
        this.files = files;
        Files.createDirectories(root);
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : folders.filter(Files::isDirectory).toList()) {
                VpgJournals journals = VpgJournals.open(folder, config, files);
                vpgs.put(journals.id(), journals);
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Makes the journals of a VPG, or finds those that exist; from now on {@code source} may write to them, with {@code epoch} or newer.
     *
     * @throws ProviderException {@code CONFLICT} when another site or a newer epoch owns them, {@code REJECTED} when the volumes differ
     */
    public synchronized void prepare(VpgId vpg, SiteId source, long epoch, List<JournalSpec> members)
            throws IOException, ProviderException {
        VpgJournals existing = vpgs.get(vpg);
        if (existing == null) {
            existing = VpgJournals.create(root.resolve(vpg.toString()), vpg, source, config, files);
            vpgs.put(vpg, existing);
        }
        existing.admit(source, epoch);
        for (JournalSpec member : members) {
            existing.ensure(member);
        }
    }

    /**
     * Takes an incoming lane.
     *
     * @throws ProviderException to refuse the channel; a lane of an older epoch is taken and told {@code CONFLICT} in its own language
     */
    public ChannelHandler accept(StreamSpec stream, SiteId peer, TransportChannel channel) throws ProviderException {
        try {
            VpgId vpg = VpgId.parse(attribute(stream, "vpg"));
            VmId vm = new VmId(attribute(stream, "vm"));
            long epoch = Long.parseLong(attribute(stream, "epoch"));
            return find(vpg).accept(vm, peer, epoch, channel);
        } catch (IllegalArgumentException e) {
            throw new ProviderException(
                    FailureKind.BUG,
                    "The lane's request cannot be read",
                    String.valueOf(e.getMessage()),
                    "Update the peer",
                    e);
        }
    }

    private static String attribute(StreamSpec stream, String name) {
        String value = stream.attributes().get(name);
        if (value == null) {
            throw new IllegalArgumentException("attribute '" + name + "' is missing");
        }
        return value;
    }

    private VpgJournals find(VpgId vpg) throws ProviderException {
        VpgJournals found = vpgs.get(vpg);
        if (found == null) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "This site keeps no journal of VPG " + vpg,
                    "it was never prepared here, or was deleted",
                    "Create the VPG again at the protected site");
        }
        return found;
    }

    /** Checkpoints that every member's journal has durable (J5), oldest first. */
    public List<CheckpointRecord> checkpoints(VpgId vpg) throws ProviderException {
        return CommonCheckpoints.selectable(find(vpg).journals());
    }

    /** A checkpoint that cannot be chosen, and the VMs whose journals are damaged in what it needs. */
    public record DamagedCheckpoint(CheckpointRecord checkpoint, List<VmId> members) {}

    /** Checkpoints that every member's journal has, but that a scrub found damaged in some; oldest first. */
    public List<DamagedCheckpoint> damagedCheckpoints(VpgId vpg) throws ProviderException {
        return CommonCheckpoints.damaged(find(vpg).journals()).stream()
                .map(damaged -> new DamagedCheckpoint(damaged.checkpoint(), damaged.members()))
                .toList();
    }

    /** The newest selectable checkpoint. */
    public Optional<CheckpointRecord> newestCheckpoint(VpgId vpg) throws ProviderException {
        return CommonCheckpoints.newest(find(vpg).journals());
    }

    public void setPinning(VpgId vpg, CheckpointId checkpoint, Pinning pinning) throws IOException, ProviderException {
        find(vpg).onEach(journal -> journal.setPinning(checkpoint, pinning));
    }

    /**
     * Says what the journals of a VPG may take from now on. Where that is reached and it is not history that gives way, lanes are slowed down or
     * refused at once, and taken again when there is room.
     *
     * @param limits with the size for all journals together, {@link VpgRoom#UNLIMITED} for none
     */
    public void limit(VpgId vpg, HistoryLimits limits) throws IOException, ProviderException {
        find(vpg).history().limit(limits);
    }

    /**
     * Gives up the history that is not wanted, or that there is no room for; one at a time per VPG.
     *
     * @param end what history counts back from
     */
    public void age(VpgId vpg, HistoryLimits limits, Instant end) throws IOException, ProviderException {
        find(vpg).history().age(limits, end);
    }

    /** What the journals of a VPG take; some seconds old at most. */
    public VpgRoom room(VpgId vpg) throws IOException, ProviderException {
        return find(vpg).history().room();
    }

    /**
     * Reads all of a member's journal, and marks the checkpoints that need what is damaged; long, beside all others.
     *
     * @throws ProviderException {@code RETRY_LATER} while another scrub of it runs
     */
    public ScrubReport scrub(VpgId vpg, VmId member) throws IOException, ProviderException {
        return find(vpg).scrub(member);
    }

    /** Refuses lanes and batches of epochs below {@code epoch} from now on (J7). */
    public void fence(VpgId vpg, long epoch) throws IOException, ProviderException {
        find(vpg).fence(epoch);
    }

    /** Statistics by VM; empty when there is no such VPG here. */
    public Optional<Map<VmId, Usage>> usage(VpgId vpg) throws IOException {
        VpgJournals found = vpgs.get(vpg);
        if (found == null) {
            return Optional.empty();
        }
        Map<VmId, Usage> usage = new LinkedHashMap<>();
        for (Journal journal : found.journals()) {
            usage.put(journal.spec().id().vm(), new Usage(journal.statistics(), journal.durablePosition()));
        }
        return Optional.of(usage);
    }

    /** What one journal takes. */
    public record Usage(JournalStatistics statistics, long durablePosition) {}

    /** A view with the journal it came from. */
    public record OpenView(Journal journal, VolumeView view) {}

    /** Opens every volume of the VPG at a checkpoint, in the order of VMs and volumes; the caller closes them. */
    public List<OpenView> openViews(VpgId vpg, CheckpointId checkpoint) throws IOException, ProviderException {
        List<OpenView> opened = new ArrayList<>();
        try {
            for (Journal journal : find(vpg).journals()) {
                for (JournalVolume volume : journal.spec().volumes()) {
                    opened.add(new OpenView(journal, journal.openView(volume.id(), checkpoint)));
                }
            }
            return opened;
        } catch (IOException | ProviderException | RuntimeException e) {
            for (OpenView open : opened) {
                open.view().close();
            }
            throw e;
        }
    }

    /**
     * Opens one volume at a checkpoint; the caller closes it.
     *
     * @throws ProviderException {@code REJECTED} when no journal of the VPG has the volume
     */
    public VolumeView openView(VpgId vpg, CheckpointId checkpoint, VolumeId volume)
            throws IOException, ProviderException {
        return journalOf(vpg, volume).openView(volume, checkpoint);
    }

    /**
     * Where a volume may differ between two checkpoints, in either order; see {@link Journal#changedBetween}.
     *
     * @return empty when the journal has one of the two no longer, or never had it
     */
    public Optional<List<BlockExtent>> changedBetween(VpgId vpg, VolumeId volume, CheckpointId one, CheckpointId other)
            throws IOException, ProviderException {
        Journal journal = journalOf(vpg, volume);
        try {
            return Optional.of(journal.changedBetween(volume, one, other));
        } catch (JournalRefusedException gone) {
            // Ageing may take one away between any look before and this call: only the journal itself can tell.
            return Optional.empty();
        }
    }

    private Journal journalOf(VpgId vpg, VolumeId volume) throws ProviderException {
        return find(vpg).journals().stream()
                .filter(journal -> journal.spec().volumes().stream()
                        .anyMatch(each -> each.id().equals(volume)))
                .findFirst()
                .orElseThrow(() -> new ProviderException(
                        FailureKind.REJECTED,
                        "Volume " + volume + " was not opened",
                        "no journal of VPG " + vpg + " has it",
                        "Look at the VPG's VMs and their disks"));
    }

    /** Destroys the journals of a VPG. Does nothing where there are none. */
    public synchronized void delete(VpgId vpg) throws IOException {
        VpgJournals ending = vpgs.remove(vpg);
        if (ending != null) {
            ending.destroy();
        }
    }

    @Override
    public void close() {
        vpgs.values().forEach(VpgJournals::close);
        vpgs.clear();
    }
}
