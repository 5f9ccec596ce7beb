package org.example.imagefolder;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VolumeDescription;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/** The VMs in the folder. Each change of a VM is one rename, so that whoever looks sees all of it or nothing. Any thread. */
final class ImageFolder {
    static final String PROPERTIES = "vm.properties";
    static final String OPERATION = "operation";
    static final String COMMITTED = "committed";
    private static final String POWER = "power";

    private final Path path;

    ImageFolder(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    List<VmDescription> list() throws ProviderException {
        try {
            List<VmDescription> vms = new ArrayList<>();
            for (Path folder : folders()) {
                vms.add(describe(folder));
            }
            return vms;
        } catch (IOException e) {
            throw failed("The image folder could not be listed", e);
        }
    }

    /** Folders that hold a VM, by name; unfinished ones begin with a dot. */
    List<Path> folders() throws IOException {
        try (Stream<Path> all = Files.list(path)) {
            return all.filter(each -> Files.exists(each.resolve(PROPERTIES))
                            && !each.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    Optional<VmDescription> find(VmId vm) throws ProviderException {
        return list().stream().filter(each -> each.id().equals(vm)).findFirst();
    }

    VmDescription require(VmId vm) throws ProviderException {
        return find(vm)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.REJECTED,
                        "VM " + vm + " is not in the image folder",
                        path.resolve(vm.value()) + " holds no " + PROPERTIES,
                        "Look at the list of VMs; it may have been removed by hand."));
    }

    void setPower(VmId vm, PowerState power) throws ProviderException {
        require(vm);
        try {
            Path folder = path.resolve(vm.value());
            Properties properties = read(folder);
            properties.setProperty(POWER, power.name().toLowerCase(Locale.ROOT));
            write(folder, properties);
        } catch (IOException e) {
            throw failed("The power of VM " + vm + " could not be noted down", e);
        }
    }

    static Properties read(Path folder) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve(PROPERTIES))) {
            properties.load(reader);
        }
        return properties;
    }

    static void write(Path folder, Properties properties) throws IOException {
        Path next = folder.resolve("." + PROPERTIES);
        try (Writer writer = Files.newBufferedWriter(next)) {
            properties.store(writer, null);
        }
        Files.move(next, folder.resolve(PROPERTIES), StandardCopyOption.ATOMIC_MOVE);
    }

    private static VmDescription describe(Path folder) throws IOException {
        String name = folder.getFileName().toString();
        Properties properties = read(folder);
        List<VolumeDescription> volumes = new ArrayList<>();
        for (Path disk = disk(folder, 0); Files.exists(disk); disk = disk(folder, volumes.size())) {
            String device = "disk" + volumes.size();
            volumes.add(new VolumeDescription(
                    new VolumeId(name + "/" + device), device, Files.size(disk), "raw", disk.toString()));
        }
        return new VmDescription(
                new VmId(name),
                name,
                properties.getProperty(POWER, "off").equals("running") ? PowerState.RUNNING : PowerState.OFF,
                new VmHardware(
                        Long.parseLong(properties.getProperty("memory-bytes", "1073741824")),
                        Integer.parseInt(properties.getProperty("processors", "1")),
                        Optional.empty()),
                volumes,
                List.of(),
                List.of());
    }

    static Path disk(Path folder, int index) {
        return folder.resolve("disk-" + index + ".raw");
    }

    static void delete(Path folder) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(folder)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : deepestFirst) {
            Files.deleteIfExists(each);
        }
    }

    static ProviderException failed(String happened, IOException cause) {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                happened,
                String.valueOf(cause.getMessage()),
                "Look at the free space and the permissions of the folder.",
                cause);
    }
}
