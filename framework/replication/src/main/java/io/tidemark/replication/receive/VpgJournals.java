package io.tidemark.replication.receive;

import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.ScrubReport;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.replication.receive.JournalKeeper.JournalTask;
import io.tidemark.replication.wire.LaneMessage.Refused;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.TransportChannel;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The journals of one VPG, and who may write to them. Safe for use by several threads. */
final class VpgJournals implements AutoCloseable {
    private final Path folder;
    private final VpgId id;
    private final JournalConfig config;
    private final StoreFiles files;
    private final Map<VmId, JournalKeeper> keepers = new LinkedHashMap<>();
    private final Set<VmId> scrubbed = ConcurrentHashMap.newKeySet();
    private final VpgHistory history = new VpgHistory(this::journals);
    private WriterGrant grant;

    private VpgJournals(Path folder, VpgId id, WriterGrant grant, JournalConfig config, StoreFiles files) {
        this.folder = folder;
        this.id = id;
        this.grant = grant;
        this.config = config;
        this.files = files;
    }

    static VpgJournals create(Path folder, VpgId id, SiteId source, JournalConfig config, StoreFiles files)
            throws IOException {
        files.createFolder(folder);
        WriterGrant grant = new WriterGrant(source, 0);
        grant.write(folder, files);
        return new VpgJournals(folder, id, grant, config, files);
    }

    static VpgJournals open(Path folder, JournalConfig config, StoreFiles files) throws IOException {
        VpgJournals journals = new VpgJournals(
                folder, VpgId.parse(folder.getFileName().toString()), WriterGrant.read(folder), config, files);
        try (Stream<Path> members = Files.list(folder)) {
            for (Path member : members.filter(Files::isDirectory).sorted().toList()) {
                if (Journal.exists(member, files)) {
                    JournalKeeper keeper = new JournalKeeper(member, config, files);
                    journals.keepers.put(keeper.journal().spec().id().vm(), keeper);
                }
            }
        } catch (IOException | RuntimeException e) {
            journals.close();
            throw e;
        }
        return journals;
    }

    VpgId id() {
        return id;
    }

    synchronized List<Journal> journals() {
        return keepers.values().stream().map(JournalKeeper::journal).toList();
    }

    /** Lets a site write, unless another one does or the VPG has moved on to a newer epoch (J7). */
    synchronized void admit(SiteId source, long epoch) throws ProviderException {
        if (!grant.source().equals(source)) {
            throw new ProviderException(
                    FailureKind.CONFLICT,
                    "VPG " + id + " cannot be protected from this site",
                    "its journals here belong to site " + grant.source(),
                    "Give the VPG another recovery site, or delete it at the site that protects it now");
        }
        if (epoch < grant.minimumEpoch()) {
            throw fenced(epoch);
        }
    }

    private ProviderException fenced(long epoch) {
        return new ProviderException(
                FailureKind.CONFLICT,
                "Writes of VPG " + id + " are refused",
                "it was failed over; its epoch is " + grant.minimumEpoch() + " and this site still has " + epoch,
                "The VMs that run at the recovery site are the current ones. Keep the old ones off, and protect in the other"
                        + " direction from there");
    }

    synchronized void ensure(JournalSpec spec) throws IOException, ProviderException {
        JournalKeeper existing = keepers.get(spec.id().vm());
        if (existing == null) {
            Path member = folder.resolve(URLEncoder.encode(spec.id().vm().value(), StandardCharsets.UTF_8));
            if (!Journal.exists(member, files)) {
                Journal.create(member, spec, config, files).close();
            }
            existing = new JournalKeeper(member, config, files);
            keepers.put(spec.id().vm(), existing);
        }
        if (!existing.journal().spec().equals(spec)) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "VM " + spec.id().vm() + " does not fit its journal",
                    "a disk was added, removed or resized since the journal was made",
                    "Delete the VPG and create it again, or bring the VM's disks back to what they were");
        }
    }

    private ProviderException noJournal(VmId vm) {
        return new ProviderException(
                FailureKind.REJECTED,
                "This site keeps no journal of VM " + vm + " in VPG " + id,
                "the VM was not prepared here",
                "Look at the VPG at the protected site; editing it prepares the journal");
    }

    /** What lanes are told while nothing is taken, because the journals are full. */
    private Refused full() {
        return new Refused(
                FailureKind.RETRY_LATER,
                "The recovery site takes no writes of the VPG",
                "its journals there have reached the limit of its policy",
                "Raise the limit or ask for a shorter history; protection then goes on by itself");
    }

    ChannelHandler accept(VmId vm, SiteId peer, long epoch, TransportChannel channel) throws ProviderException {
        JournalKeeper keeper;
        ProviderException fence = null;
        synchronized (this) {
            keeper = keepers.get(vm);
            if (keeper == null) {
                throw noJournal(vm);
            }
            if (grant.source().equals(peer) && epoch < grant.minimumEpoch()) {
                fence = fenced(epoch);
            } else {
                admit(peer, epoch);
            }
        }
        InboundLane lane = new InboundLane(keeper, channel, history.gate(), this::full);
        ProviderException refusal = fence;
        // Offers are lawful only after this method has returned to the transport.
        Thread.ofVirtual().name("welcome-" + vm).start(() -> {
            if (refusal == null && history.gate().intake() == VpgRoom.Intake.STOPPED) {
                lane.refuse(full());
            } else {
                welcome(keeper, lane, refusal);
            }
        });
        return lane;
    }

    private static void welcome(
            JournalKeeper keeper, InboundLane lane, @org.jspecify.annotations.Nullable ProviderException refusal) {
        if (refusal != null) {
            lane.refuse(new Refused(refusal.kind(), refusal.happened(), refusal.why(), refusal.remedy()));
            return;
        }
        try {
            keeper.welcome(lane);
        } catch (IOException e) {
            lane.refuse(new Refused(
                    FailureKind.RETRY_LATER,
                    "The journal is not ready",
                    String.valueOf(e.getMessage()),
                    "It is tried again; look at the recovery site's log if this goes on"));
        }
    }

    /** Work on each member's journal, on its keeper's thread. */
    void onEach(JournalTask task) throws IOException {
        List<JournalKeeper> all;
        synchronized (this) {
            all = List.copyOf(keepers.values());
        }
        for (JournalKeeper keeper : all) {
            keeper.call(task);
        }
    }

    /** How much history is kept, and whether lanes are taken. */
    VpgHistory history() {
        return history;
    }

    /**
     * Reads all of a member's journal on the caller's thread.
     *
     * @throws ProviderException {@code RETRY_LATER} while another scrub of it runs, {@code REJECTED} when there is no such member
     */
    ScrubReport scrub(VmId vm) throws IOException, ProviderException {
        JournalKeeper keeper;
        synchronized (this) {
            keeper = keepers.get(vm);
        }
        if (keeper == null) {
            throw noJournal(vm);
        }
        if (!scrubbed.add(vm)) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "The journal of VM " + vm + " was not scrubbed",
                    "another scrub of it runs",
                    "Wait for its end");
        }
        try {
            return keeper.journal().scrub();
        } finally {
            scrubbed.remove(vm);
            history.changed();
        }
    }

    /** Refuses older epochs: first for new lanes, durably, then in every journal, where it ends the lanes that are connected. */
    void fence(long epoch) throws IOException {
        ProviderException refusal;
        synchronized (this) {
            if (epoch <= grant.minimumEpoch()) {
                return;
            }
            WriterGrant raised = new WriterGrant(grant.source(), epoch);
            raised.write(folder, files);
            grant = raised;
            refusal = fenced(epoch - 1);
        }
        List<JournalKeeper> all;
        synchronized (this) {
            all = List.copyOf(keepers.values());
        }
        for (JournalKeeper keeper : all) {
            keeper.fence(epoch, new Refused(refusal.kind(), refusal.happened(), refusal.why(), refusal.remedy()));
        }
    }

    /** Closes and deletes everything of this VPG. */
    void destroy() throws IOException {
        List<Journal> ending = journals();
        close();
        for (Journal journal : ending) {
            Path member =
                    folder.resolve(URLEncoder.encode(journal.spec().id().vm().value(), StandardCharsets.UTF_8));
            Journal.destroy(member, journal.spec().id(), files);
        }
        WriterGrant.delete(folder, files);
        files.delete(folder);
        Path parent = folder.getParent();
        if (parent != null) {
            files.syncFolder(parent);
        }
    }

    @Override
    public synchronized void close() {
        history.gate().close();
        keepers.values().forEach(JournalKeeper::close);
        keepers.clear();
    }
}
