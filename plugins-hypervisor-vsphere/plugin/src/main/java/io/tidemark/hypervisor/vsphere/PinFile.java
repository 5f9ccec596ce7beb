package io.tidemark.hypervisor.vsphere;

import io.tidemark.hypervisor.vsphere.vim.CertificatePin;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Keeps the thumbprint that was seen first, over restarts: one line {@code host:port thumbprint}. A vCenter at another address starts anew.
 *
 * @param server host and port
 */
record PinFile(Path file, String server) {
    static PinFile in(Path stateDirectory, String server) {
        return new PinFile(stateDirectory.resolve("vcenter-certificate"), server);
    }

    Optional<String> read() throws ProviderException {
        try {
            String[] words = Files.readString(file).strip().split(" ");
            return words.length == 2 && words[0].equals(server) ? CertificatePin.normalise(words[1]) : Optional.empty();
        } catch (java.nio.file.NoSuchFileException notYet) {
            return Optional.empty();
        } catch (IOException unreadable) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "The vSphere site was not opened",
                    "the file " + file + " with the vCenter's pinned certificate cannot be read: "
                            + unreadable.getMessage(),
                    "Make it readable, or give the setting thumbprint.",
                    unreadable);
        }
    }

    /** @throws UncheckedIOException when it cannot be kept: then the certificate must not be trusted either */
    void write(String thumbprint) {
        try {
            Path fresh = Files.createTempFile(file.getParent(), "vcenter-certificate", ".new");
            Files.write(fresh, (server + " " + thumbprint + "\n").getBytes(StandardCharsets.UTF_8));
            try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel folder = FileChannel.open(file.getParent())) {
                folder.force(true);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the vCenter's certificate could not be noted in " + file, e);
        }
    }
}
