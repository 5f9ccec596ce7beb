package io.tidemark.replication;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.VolumeView;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.replication.receive.RecoveryJournals;
import io.tidemark.replication.receive.RecoveryJournals.OpenView;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.tck.consistency.ConsistentCut.Shown;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A recovery site with its own journals and its own cable to the protected site. */
final class RecoverySite implements AutoCloseable {
    final SiteId id = SiteId.random();
    final PipeNetwork network;
    private final Path folder;
    private final SiteId source;
    private RecoveryJournals journals;

    RecoverySite(Path folder, SiteId source) throws IOException {
        this.folder = folder;
        this.source = source;
        this.journals = open();
        this.network = new PipeNetwork((stream, channel) -> journals().accept(stream, source, channel));
    }

    private RecoveryJournals open() throws IOException {
        return new RecoveryJournals(folder, JournalConfig.defaults().withSegmentBytes(1 << 20), new FileStoreFiles());
    }

    synchronized RecoveryJournals journals() {
        return journals;
    }

    /** As a restart of the recovery site would look from outside. */
    void restart() throws IOException {
        network.cut();
        synchronized (this) {
            journals.close();
            journals = open();
        }
        network.plug();
    }

    ReplicatedVpg prepare(VpgId vpg, List<SourceVm> vms) throws IOException, ProviderException {
        journals()
                .prepare(
                        vpg,
                        source,
                        1,
                        vms.stream()
                                .map(vm -> new JournalSpec(new JournalId(vpg, vm.id), vm.volumes()))
                                .toList());
        return new ReplicatedVpg(
                vpg,
                1,
                id,
                vms.stream()
                        .map(vm -> new ReplicatedVpg.Member(vm.id, "test", vm.volumes()))
                        .toList());
    }

    ReplicatedVpg prepareFrozen(VpgId vpg, List<FrozenVm> vms) throws IOException, ProviderException {
        journals()
                .prepare(
                        vpg,
                        source,
                        1,
                        vms.stream()
                                .map(vm -> new JournalSpec(new JournalId(vpg, vm.id), vm.journalVolumes()))
                                .toList());
        return new ReplicatedVpg(
                vpg,
                1,
                id,
                vms.stream()
                        .map(vm -> new ReplicatedVpg.Member(vm.id, "frozen", vm.journalVolumes()))
                        .toList());
    }

    /** What a checkpoint shows, by volume. */
    Map<VolumeId, byte[]> showAll(VpgId vpg, CheckpointRecord checkpoint) throws IOException, ProviderException {
        Map<VolumeId, byte[]> shown = new HashMap<>();
        for (OpenView open : journals().openViews(vpg, checkpoint.id())) {
            try (var view = open.view()) {
                shown.put(view.volume(), readAll(view));
            }
        }
        return shown;
    }

    /** What a checkpoint shows of every disk of the VMs. */
    List<Shown> show(VpgId vpg, CheckpointRecord checkpoint, List<SourceVm> vms) throws IOException, ProviderException {
        List<Shown> shown = new ArrayList<>();
        for (OpenView open : journals().openViews(vpg, checkpoint.id())) {
            try (var view = open.view()) {
                for (SourceVm vm : vms) {
                    for (SourceVm.Disk disk : vm.disks) {
                        if (disk.volume.equals(view.volume())) {
                            shown.add(new Shown(disk.history, readAll(view)));
                        }
                    }
                }
            }
        }
        return shown;
    }

    private static byte[] readAll(VolumeView view) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(view.sizeBytes()));
        view.read(0, all);
        return all.array();
    }

    @Override
    public void close() {
        journals().close();
    }
}
