package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.ProviderException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * What a sample VM boots: the host's kernel, and an initial file system of busybox, a few modules and the sample program, assembled from
 * the host's packages.
 *
 * <p>Kept in a folder named by its contents, which is shared by all sample VMs and never removed: a VM that was recovered from a sample VM
 * boots from the same files.
 *
 * @param kernel readable by QEMU
 * @param initialFileSystem readable by QEMU
 */
record GuestImage(Path kernel, Path initialFileSystem) {
    private static final List<String> MODULES = List.of(
            "virtio_pci",
            "virtio_blk",
            "virtio_console",
            // ext4 asks the kernel's crypto for it by name, which modules.dep does not tell.
            "crc32c_generic",
            "ext4",
            "button",
            "evdev");
    private static final List<String> APPLETS = List.of(
            "sh",
            "mount",
            "cat",
            "insmod",
            "acpid",
            "mkdir",
            "stat",
            "dd",
            "awk",
            "head",
            "usleep",
            "sync",
            "poweroff");

    private static final String POWER_BUTTON = """
            #!/bin/sh
            sync
            poweroff -f
            """;

    /** @throws ProviderException REJECTED with the packages to install when something is missing */
    static GuestImage build(Path cache, QemuAccess access) throws ProviderException {
        GuestKernel kernel = GuestKernel.newest()
                .orElseThrow(() -> KvmFailures.rejected(
                        "No sample VM can be made",
                        "this host has no kernel in /boot with its modules in /lib/modules",
                        "As root: apt-get install linux-image-amd64"));
        Path busybox = Programs.find("busybox", "busybox-static");
        try {
            byte[] archive = initialFileSystem(kernel, busybox);
            Path folder = cache.resolve("guest-" + digest(archive, kernel.image()));
            Path image = folder.resolve("kernel");
            Path initrd = folder.resolve("initrd");
            if (!Files.exists(initrd)) {
                Files.createDirectories(folder);
                Path part = Files.createTempFile(folder, "kernel", ".part");
                Files.copy(kernel.image(), part, StandardCopyOption.REPLACE_EXISTING);
                publish(part, image, access);
                Path archivePart = Files.createTempFile(folder, "initrd", ".part");
                Files.write(archivePart, archive);
                publish(archivePart, initrd, access);
            }
            access.requireReachable(initrd);
            return new GuestImage(image, initrd);
        } catch (IOException e) {
            throw Programs.failed("Assembling the guest of sample VMs in " + cache, e.toString());
        }
    }

    private static void publish(Path part, Path target, QemuAccess access) throws IOException, ProviderException {
        access.grant(part, "rw-r--r--");
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] initialFileSystem(GuestKernel kernel, Path busybox) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (CpioArchive archive = new CpioArchive(new FastGzip(bytes))) {
            for (String folder :
                    List.of("bin", "dev", "etc", "etc/acpi", "etc/acpi/PWRF", "mnt", "modules", "proc", "sys", "tmp")) {
                archive.folder(folder);
            }
            archive.console("dev/console");
            archive.file("bin/busybox", Files.readAllBytes(busybox));
            for (String applet : APPLETS) {
                archive.link("bin/" + applet, "busybox");
            }
            archive.file("etc/acpi/PWRF/00000080", POWER_BUTTON.getBytes(StandardCharsets.US_ASCII));
            StringBuilder order = new StringBuilder();
            for (Path module : kernel.loadOrder(MODULES)) {
                String name = module.getFileName().toString();
                archive.file("modules/" + name, Files.readAllBytes(module));
                order.append(name).append('\n');
            }
            archive.file("modules/order", order.toString().getBytes(StandardCharsets.US_ASCII));
            archive.file("init", program());
        }
        return bytes.toByteArray();
    }

    private static byte[] program() throws IOException {
        try (InputStream script = GuestImage.class.getResourceAsStream("guest-init.sh")) {
            return Objects.requireNonNull(script, "guest-init.sh is missing from the plugin")
                    .readAllBytes();
        }
    }

    private static String digest(byte[] archive, Path kernel) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(archive);
            digest.update(kernel.toString().getBytes(StandardCharsets.UTF_8));
            digest.update(Files.getLastModifiedTime(kernel).toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Under software emulation the guest inflates slowly; best speed costs a little space. */
    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
