package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A kernel that is installed on this host with its modules; sample VMs boot it.
 *
 * @param image for example {@code /boot/vmlinuz-6.1.0-18-amd64}
 * @param modules for example {@code /lib/modules/6.1.0-18-amd64}
 */
record GuestKernel(Path image, Path modules) {
    private static final String PREFIX = "vmlinuz-";

    /** The newest kernel whose modules are there too. */
    static Optional<GuestKernel> newest() throws ProviderException {
        try (Stream<Path> images = Files.list(Path.of("/boot"))) {
            return images.filter(image -> image.getFileName().toString().startsWith(PREFIX))
                    .map(image -> new GuestKernel(
                            image,
                            Path.of(
                                    "/lib/modules",
                                    image.getFileName().toString().substring(PREFIX.length()))))
                    .filter(kernel -> Files.isRegularFile(kernel.modules().resolve("modules.dep")))
                    .max(Comparator.comparing(kernel -> kernel.image().toString(), GuestKernel::compareVersions));
        } catch (IOException e) {
            throw KvmFailures.rejected(
                    "No kernel for sample VMs was found",
                    "/boot cannot be read: " + KvmFailures.firstLine(e.getMessage()),
                    "As root: apt-get install linux-image-amd64");
        }
    }

    /** Files of the modules and of all they depend on, in the order of loading. One that is built into the kernel has none. */
    List<Path> loadOrder(List<String> names) throws IOException {
        Map<String, String> files = new TreeMap<>();
        Map<String, List<String>> needs = new TreeMap<>();
        // modules.dep(5): "path: path path …", dependencies in reverse order of loading.
        for (String line : Files.readAllLines(modules.resolve("modules.dep"))) {
            int colon = line.indexOf(':');
            String file = line.substring(0, colon);
            files.put(moduleName(file), file);
            needs.put(file, List.of(line.substring(colon + 1).strip().split(" +")));
        }
        Set<String> ordered = new LinkedHashSet<>();
        for (String name : names) {
            String file = files.get(name);
            if (file != null) {
                List<String> chain = new ArrayList<>(needs.getOrDefault(file, List.of()));
                chain.removeIf(String::isBlank);
                ordered.addAll(chain.reversed());
                ordered.add(file);
            }
        }
        return ordered.stream().map(modules::resolve).toList();
    }

    private static String moduleName(String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        return name.substring(0, name.indexOf('.')).replace('-', '_');
    }

    /** 6.1.0-9 before 6.1.0-10. */
    private static int compareVersions(String a, String b) {
        String[] left = a.split("[^0-9]+");
        String[] right = b.split("[^0-9]+");
        for (int i = 0; i < Math.min(left.length, right.length); i++) {
            int order = left[i].length() != right[i].length()
                    ? Integer.compare(left[i].length(), right[i].length())
                    : left[i].compareTo(right[i]);
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(left.length, right.length);
    }
}
