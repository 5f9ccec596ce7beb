package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How guests run on this host. {@code /dev/kvm} proves nothing: under nested virtualisation it may open, run a BIOS, and hang in the first
 * real kernel. So a probe guest boots the host's own kernel, and has to print its first line in time.
 *
 * <p>Asked once and kept; the answer also goes into a file that is valid until the next boot of the host.
 */
final class Acceleration {
    private static final Logger LOG = LoggerFactory.getLogger(Acceleration.class);
    /** With KVM a kernel prints its first line within a second, also on a busy host. */
    private static final long PROBE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final String FIRST_WORDS = "Linux version";

    /** What the operator wants. */
    enum Choice {
        AUTO,
        KVM,
        TCG
    }

    /** What libvirt calls the type of a domain. */
    enum DomainType {
        KVM("kvm"),
        TCG("qemu");

        private final String name;

        DomainType(String name) {
            this.name = name;
        }

        String libvirtName() {
            return name;
        }
    }

    private final Choice choice;
    private final Path memory;
    private volatile Optional<DomainType> answer = Optional.empty();

    Acceleration(Choice choice, Path stateDirectory) {
        this.choice = choice;
        this.memory = stateDirectory.resolve("acceleration");
    }

    /** Empty until it was found out. */
    Optional<DomainType> known() {
        return answer;
    }

    /** Finds out when nobody did yet, which may take {@link #PROBE_LIMIT_NANOS}. */
    synchronized DomainType domainType() {
        if (answer.isEmpty()) {
            answer = Optional.of(find());
        }
        return answer.get();
    }

    private DomainType find() {
        if (choice != Choice.AUTO) {
            return choice == Choice.KVM ? DomainType.KVM : DomainType.TCG;
        }
        if (!Files.exists(Path.of("/dev/kvm"))) {
            return DomainType.TCG;
        }
        String boot = bootId();
        Optional<DomainType> remembered = remembered(boot);
        if (remembered.isPresent()) {
            return remembered.get();
        }
        DomainType found = probe() ? DomainType.KVM : DomainType.TCG;
        remember(boot, found);
        LOG.atInfo()
                .addKeyValue("type", found)
                .log(
                        found == DomainType.KVM
                                ? "guests run with KVM"
                                : "/dev/kvm is there, but a probe guest did not boot with it; guests run in software"
                                        + " emulation, several times slower");
        return found;
    }

    private static boolean probe() {
        try {
            Optional<Path> kernel = GuestKernel.newest().map(GuestKernel::image);
            if (kernel.isEmpty()) {
                LOG.atWarn().log("no kernel in /boot to probe KVM with; taking /dev/kvm at its word");
                return true;
            }
            Path qemu = Programs.find("qemu-system-x86_64", KvmFailures.PACKAGES);
            Process guest = Programs.start(
                    "Probing KVM",
                    List.of(
                            qemu.toString(),
                            "-nodefaults",
                            "-no-user-config",
                            "-accel",
                            "kvm",
                            "-machine",
                            "q35",
                            "-m",
                            "160",
                            "-display",
                            "none",
                            "-no-reboot",
                            "-serial",
                            "stdio",
                            "-kernel",
                            kernel.get().toString(),
                            "-append",
                            "console=ttyS0 earlyprintk=serial,ttyS0 panic=-1"));
            try {
                return says(guest, FIRST_WORDS);
            } finally {
                guest.destroyForcibly();
            }
        } catch (ProviderException | IOException e) {
            LOG.atInfo().setCause(e).log("KVM could not be probed; guests run in software emulation");
            return false;
        }
    }

    private static boolean says(Process guest, String words) throws IOException {
        long limit = System.nanoTime() + PROBE_LIMIT_NANOS;
        StringBuilder text = new StringBuilder();
        InputStream output = guest.getInputStream();
        while (System.nanoTime() - limit < 0) {
            if (output.available() > 0) {
                text.append(new String(output.readNBytes(output.available()), StandardCharsets.ISO_8859_1));
                if (text.indexOf(words) >= 0) {
                    return true;
                }
            } else if (!guest.isAlive()) {
                return false;
            } else {
                Waiting.pause(Duration.ofMillis(20));
            }
        }
        return false;
    }

    private Optional<DomainType> remembered(String boot) {
        try {
            if (Files.exists(memory)) {
                String[] words = Files.readString(memory).strip().split(" ");
                if (words.length == 2 && words[0].equals(boot)) {
                    return Optional.of(DomainType.valueOf(words[1]));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.atDebug().setCause(e).log("the remembered acceleration is unreadable; probing again");
        }
        return Optional.empty();
    }

    private void remember(String boot, DomainType found) {
        try {
            Files.writeString(memory, boot + " " + found.name() + "\n");
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("the acceleration found cannot be remembered; it is probed at each start");
        }
    }

    private static String bootId() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("this kernel has no boot id");
            return "unknown";
        }
    }
}
