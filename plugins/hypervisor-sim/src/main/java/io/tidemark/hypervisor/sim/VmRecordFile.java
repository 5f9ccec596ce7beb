package io.tidemark.hypervisor.sim;

import io.tidemark.hypervisor.sim.VmRecord.DiskRecord;
import io.tidemark.hypervisor.sim.VmRecord.Origin;
import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription.NicDescription;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** The file {@code vm.properties} in a VM's folder; a folder without it is no VM. */
final class VmRecordFile {
    private static final String NAME = "vm.properties";
    private static final String VERSION = "1";

    private final Path folder;

    VmRecordFile(Path folder) {
        this.folder = folder;
    }

    boolean exists() {
        return Files.exists(folder.resolve(NAME));
    }

    VmRecord read() throws ProviderException {
        Path file = folder.resolve(NAME);
        Properties values = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            values.load(reader);
            if (!VERSION.equals(values.getProperty("version"))) {
                throw new IllegalArgumentException(
                        "version is " + values.getProperty("version") + ", known is " + VERSION);
            }
            return record(values);
        } catch (IOException | IllegalArgumentException unreadable) {
            throw new ProviderException(
                    FailureKind.CORRUPT,
                    "The simulated hypervisor was not opened",
                    "the VM record " + file + " cannot be read (" + unreadable.getMessage() + ")",
                    "Restore the file, or move the VM's folder away.",
                    unreadable);
        }
    }

    /** Replaces the record; durable on return, and never half written. */
    void write(VmRecord record) throws IOException {
        StringWriter text = new StringWriter();
        properties(record).store(text, null);
        Path temporary = folder.resolve(NAME + ".new");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        syncFolder(folder);
    }

    /** From here on the folder is no VM; what is left in it is removed now or at the next start. */
    void delete() throws IOException {
        Files.deleteIfExists(folder.resolve(NAME));
        syncFolder(folder);
    }

    /** Makes creations, renames and deletions in a folder durable. */
    static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Properties properties(VmRecord record) {
        Properties values = new Properties();
        values.setProperty("version", VERSION);
        values.setProperty("id", record.id().value());
        values.setProperty("name", record.name());
        values.setProperty("power", record.power().name());
        values.setProperty("memory.bytes", Long.toString(record.memoryBytes()));
        values.setProperty("processors", Integer.toString(record.processors()));
        values.setProperty("origin", record.origin().name());
        values.setProperty("operation", record.operation().toString());
        for (int i = 0; i < record.disks().size(); i++) {
            DiskRecord disk = record.disks().get(i);
            String key = "disk." + i;
            values.setProperty(key + ".device", disk.device());
            values.setProperty(key + ".size.bytes", Long.toString(disk.sizeBytes()));
            disk.source().ifPresent(source -> {
                values.setProperty(key + ".socket", source.socket().toString());
                values.setProperty(key + ".export", source.exportName());
            });
        }
        for (int i = 0; i < record.nics().size(); i++) {
            NicDescription nic = record.nics().get(i);
            values.setProperty("nic." + i + ".mac", nic.mac());
            values.setProperty("nic." + i + ".network", nic.network());
            values.setProperty("nic." + i + ".model", nic.model());
        }
        return values;
    }

    private static VmRecord record(Properties values) {
        List<DiskRecord> disks = new ArrayList<>();
        while (values.containsKey("disk." + disks.size() + ".device")) {
            String key = "disk." + disks.size();
            Optional<BlockAddress.UnixSocket> source = Optional.ofNullable(values.getProperty(key + ".socket"))
                    .map(socket -> new BlockAddress.UnixSocket(Path.of(socket), require(values, key + ".export")));
            disks.add(new DiskRecord(
                    require(values, key + ".device"), Long.parseLong(require(values, key + ".size.bytes")), source));
        }
        List<NicDescription> nics = new ArrayList<>();
        while (values.containsKey("nic." + nics.size() + ".mac")) {
            String key = "nic." + nics.size();
            nics.add(new NicDescription(
                    require(values, key + ".mac"), require(values, key + ".network"), require(values, key + ".model")));
        }
        return new VmRecord(
                new VmId(require(values, "id")),
                require(values, "name"),
                PowerState.valueOf(require(values, "power")),
                Long.parseLong(require(values, "memory.bytes")),
                Integer.parseInt(require(values, "processors")),
                Origin.valueOf(require(values, "origin")),
                OperationId.parse(require(values, "operation")),
                disks,
                nics);
    }

    private static String require(Properties values, String key) {
        String value = values.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("'" + key + "' is missing");
        }
        return value;
    }
}
