package io.tidemark.launcher.foldertarget;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.PreflightReport.Finding;
import io.tidemark.spi.recovery.PreflightReport.Severity;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import io.tidemark.spi.volume.VolumeReader;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;

/**
 * Staged points are files {@code staged/VPG/VOLUME@CHECKPOINT}, VMs are folders {@code vms/OPERATION/NAME} of disks. A disk is its base with
 * the told changes written over it and nothing else, so that a change that is not told shows in the disk. {@code created.log} says per disk
 * how many bytes were written.
 */
final class FolderTarget
        implements RecoverySite, Inventory, Compute, RecoveryTarget, PreStaging, RecoveryPreflight, VolumeReader {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path folder;
    private final ProviderContext host;
    private final Map<VmId, VmDescription> vms = new ConcurrentHashMap<>();

    FolderTarget(Path folder, ProviderContext host) {
        this.folder = folder;
        this.host = host;
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> T doing(Work<T> work) throws ProviderException {
        try {
            return work.run();
        } catch (IOException e) {
            throw new ProviderException(FailureKind.RETRY_LATER, "The folder failed", e.toString(), "Look at it.", e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Path point(VpgId vpg, VolumeId volume, CheckpointId checkpoint) {
        return folder.resolve("staged").resolve(vpg.toString()).resolve(encoded(volume.value()) + "@" + checkpoint);
    }

    /** Returns how many bytes were written. */
    private static long write(BlockDevice source, Optional<ChangesSince> changes, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Path partly = to.resolveSibling(to.getFileName() + ".part");
        List<BlockExtent> extents = List.of(new BlockExtent(0, source.sizeBytes(), BlockExtent.Content.DATA));
        Files.deleteIfExists(partly);
        if (changes.isPresent() && changes.get().extents().isPresent()) {
            Files.copy(Path.of(changes.get().base().token()), partly);
            extents = changes.get().extents().get();
        }
        long written = 0;
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        try (FileChannel file = FileChannel.open(partly, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (BlockExtent extent : extents) {
                long end = Math.min(extent.endOffset(), source.sizeBytes());
                for (long at = extent.offset(); at < end; at += CHUNK_BYTES) {
                    chunk.clear().limit((int) Math.min(CHUNK_BYTES, end - at));
                    source.read(at, chunk);
                    written += chunk.flip().remaining();
                    while (chunk.hasRemaining()) {
                        file.write(chunk, at + chunk.position());
                    }
                }
            }
        }
        Files.move(partly, to, StandardCopyOption.ATOMIC_MOVE);
        return written;
    }

    @Override
    public String description() {
        return "folder " + folder;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.RECOVERY_OWNS_SCRATCH);
    }

    @Override
    public void checkHealth(Deadline deadline) {}

    @Override
    public void close() {}

    @Override
    public Inventory inventory() {
        return this;
    }

    @Override
    public Compute compute() {
        return this;
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return Optional.of(this);
    }

    @Override
    public Optional<PreStaging> preStaging() {
        return Optional.of(this);
    }

    @Override
    public Optional<RecoveryPreflight> recoveryPreflight() {
        return Optional.of(this);
    }

    @Override
    public Optional<VolumeReader> volumeReader() {
        return Optional.of(this);
    }

    @Override
    public Duration cadence() {
        return Duration.ofSeconds(8);
    }

    @Override
    public ConfigSpec placementSpec() {
        return new ConfigSpec(List.of());
    }

    @Override
    public StagedPoint stage(StagingRequest request, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        Path to = point(request.vpg(), request.volume(), request.checkpoint());
        if (!Files.exists(to)) {
            var _ = doing(() -> write(request.source(), request.changes(), to));
        }
        progress.accept(1);
        return new StagedPoint(
                request.vpg(),
                request.volume(),
                request.checkpoint(),
                request.source().sizeBytes(),
                to.toString());
    }

    @Override
    public List<StagedPoint> staged(VpgId vpg, Deadline deadline) throws ProviderException {
        Path points = folder.resolve("staged").resolve(vpg.toString());
        if (!Files.exists(points)) {
            return List.of();
        }
        return doing(() -> {
            List<StagedPoint> found = new ArrayList<>();
            try (Stream<Path> files = Files.list(points)) {
                for (Path file : files.sorted().toList()) {
                    String[] name = file.getFileName().toString().split("@", 2);
                    if (!name[1].endsWith(".part")) {
                        found.add(new StagedPoint(
                                vpg,
                                new VolumeId(URLDecoder.decode(name[0], StandardCharsets.UTF_8)),
                                new CheckpointId(Long.parseLong(name[1])),
                                Files.size(file),
                                file.toString()));
                    }
                }
            }
            return found;
        });
    }

    @Override
    public void forget(List<StagedPoint> points, Deadline deadline) throws ProviderException {
        for (StagedPoint point : points) {
            var _ = doing(() -> Files.deleteIfExists(Path.of(point.token())));
        }
    }

    @Override
    public void forgetAll(VpgId vpg, Deadline deadline) throws ProviderException {
        forget(staged(vpg, deadline), deadline);
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        throw new ProviderException(
                FailureKind.BUG, "VM not created", "a target that stages is asked with an origin", "Report it.");
    }

    @Override
    public VmId create(
            RecoveryVmSpec spec,
            RecoveryOrigin origin,
            OperationId operation,
            DoubleConsumer progress,
            Deadline deadline)
            throws ProviderException {
        VmId vm = new VmId(operation + "/" + spec.name());
        List<VolumeDescription> volumes = new ArrayList<>();
        for (int i = 0; i < spec.disks().size(); i++) {
            RecoveryVmSpec.RecoveryDisk disk = spec.disks().get(i);
            Path to = folder.resolve("vms").resolve(vm.value()).resolve(disk.device());
            int at = i;
            long written = doing(() -> {
                try (BlockDevice source = host.blockNetwork().connect(disk.source())) {
                    return write(source, origin.disks().get(at).changes(), to);
                }
            });
            var _ = doing(() -> Files.writeString(
                    folder.resolve("created.log"),
                    written + " of " + disk.sizeBytes() + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND));
            volumes.add(new VolumeDescription(
                    new VolumeId(vm + "/" + disk.device()), disk.device(), disk.sizeBytes(), "raw", to.toString()));
            progress.accept((i + 1.0) / spec.disks().size());
        }
        vms.put(
                vm,
                new VmDescription(vm, spec.name(), PowerState.OFF, spec.hardware(), volumes, List.of(), spec.nics()));
        return vm;
    }

    @Override
    public void start(VmId vm, Deadline deadline) {}

    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline) {}

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        for (VmId vm : list(operation, deadline)) {
            VmDescription gone = vms.remove(vm);
            if (gone != null) {
                for (VolumeDescription volume : gone.volumes()) {
                    var _ = doing(() -> Files.deleteIfExists(Path.of(volume.location())));
                }
            }
        }
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) {
        return vms.keySet().stream()
                .filter(vm -> vm.value().startsWith(operation + "/"))
                .toList();
    }

    @Override
    public List<VmDescription> list(Deadline deadline) {
        return List.copyOf(vms.values());
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) {
        return Optional.ofNullable(vms.get(vm));
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) {
        return vms.containsKey(vm) ? PowerState.OFF : PowerState.UNKNOWN;
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) {}

    @Override
    public void powerOff(VmId vm, Deadline deadline) {}

    @Override
    public BlockDevice openLive(VolumeId volume, Deadline deadline) throws ProviderException {
        VolumeDescription found = vms.values().stream()
                .flatMap(vm -> vm.volumes().stream())
                .filter(each -> each.id().equals(volume))
                .findFirst()
                .orElseThrow(() -> new ProviderException(
                        FailureKind.REJECTED, "Not opened", "no volume " + volume, "List the VMs."));
        return doing(() -> FileDisk.open(Path.of(found.location())));
    }

    /** Each line of the file {@code objections} is an error. */
    @Override
    public PreflightReport check(List<PlannedVm> planned, Purpose purpose, Deadline deadline) throws ProviderException {
        Path objections = folder.resolve("objections");
        List<String> lines = doing(() -> Files.exists(objections) ? Files.readAllLines(objections) : List.<String>of());
        return new PreflightReport(
                lines.stream()
                        .map(line -> new Finding(Severity.ERROR, "the folder", line, "Look at it."))
                        .toList(),
                lines.isEmpty() ? planned.size() + " VMs fit into the folder" : String.join("\n", lines));
    }
}
