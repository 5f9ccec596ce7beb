package io.tidemark.systemtests;

import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** The libvirt and QEMU of this host, where they can run. */
final class KvmHost {
    private static final String PACKAGES = "qemu-system-x86 qemu-utils libvirt-daemon-system libvirt-daemon-driver-qemu"
            + " libvirt-clients linux-image-amd64 busybox-static";

    private KvmHost() {}

    /**
     * Settings of one instance whose files and sockets are all in the workspace. Guests run in software emulation, which works everywhere.
     */
    static Map<String, String> settings(Workspace workspace, String name) throws IOException {
        return Map.of(
                "storage-directory",
                workspace.folder(name + "-vms").toString(),
                "runtime-directory",
                workspace.folder(name + "-run").toString(),
                "acceleration",
                "tcg");
    }

    /** Opens the hypervisor, whose daemons are started where they do not run. Skips the test where that cannot be; with CI=true it fails. */
    static OpenHypervisor openOrSkip(Workspace workspace) throws Exception {
        Optional<String> missing = missing();
        if (missing.isEmpty()) {
            try {
                return workspace.closing(
                        OpenHypervisor.open(workspace.folder("test"), "kvm", settings(workspace, "test")));
            } catch (ProviderException unavailable) {
                missing = Optional.of(String.valueOf(unavailable.getMessage()));
            }
        }
        if ("true".equals(System.getenv("CI"))) {
            Assertions.fail("CI=true, and the real hypervisor cannot run: " + missing.get());
        }
        Assumptions.abort(missing.get());
        throw new IllegalStateException("not reached: " + missing.get());
    }

    private static Optional<String> missing() throws IOException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return Optional.of("needs root to talk to the system's libvirtd");
        }
        boolean installed = Files.isExecutable(Path.of("/usr/sbin/libvirtd"))
                && Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64"))
                && Files.isExecutable(Path.of("/usr/bin/busybox"));
        try (Stream<Path> boot = Files.list(Path.of("/boot"))) {
            boolean kernel = boot.anyMatch(file -> file.getFileName().toString().startsWith("vmlinuz-"));
            return installed && kernel
                    ? Optional.empty()
                    : Optional.of("what real VMs need is not installed; as root: apt-get install " + PACKAGES);
        }
    }
}
