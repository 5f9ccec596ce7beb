package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ConfigSpec.Secrecy;
import io.tidemark.spi.plugin.ProviderConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The settings of one site.
 *
 * @param instanceTag eight hex digits that tell this instance's jobs, exports and sockets from those of others on the same host; derived
 *     from the state folder, so that a restarted process recognises its own
 * @param storageDirectory where disks of recovered and sample VMs live
 * @param runtimeDirectory where sockets live; a short path
 */
record KvmSiteConfig(
        String uri,
        String instanceTag,
        Path stateDirectory,
        Path storageDirectory,
        Path runtimeDirectory,
        StartDaemons startDaemons,
        Acceleration.Choice acceleration) {

    /** Folder in which QEMU makes sockets of its own; belongs to QEMU's user. */
    Path qemuSockets() {
        return runtimeDirectory.resolve("qemu");
    }

    /** Whether libvirt's daemons are started when they do not run. */
    enum StartDaemons {
        /** When this process is root and the socket of a local system daemon does not answer. */
        AUTO,
        NEVER
    }

    static final ConfigSpec SPEC = new ConfigSpec(List.of(
            new ConfigSpec.Key(
                    "uri",
                    "libvirt connection URI of a QEMU daemon on this host, for example qemu:///system.",
                    Optional.of("qemu:///system"),
                    Secrecy.PLAIN),
            new ConfigSpec.Key(
                    "storage-directory",
                    "Absolute folder for the disks of recovered and sample VMs; QEMU's user must be able to reach it. Default: the"
                            + " instance's state folder.",
                    Optional.of(""),
                    Secrecy.PLAIN),
            new ConfigSpec.Key(
                    "runtime-directory",
                    "Absolute folder for sockets, at most 60 characters. Default: a folder of this instance below /run/tidemark for"
                            + " root, else in the state folder.",
                    Optional.of(""),
                    Secrecy.PLAIN),
            new ConfigSpec.Key(
                    "start-daemons",
                    "auto: start virtlogd and libvirtd when they do not run and this process is root; never: only say so.",
                    Optional.of("auto"),
                    Secrecy.PLAIN),
            new ConfigSpec.Key(
                    "acceleration",
                    "How recovered and sample VMs run. auto: KVM where a probe guest runs, else software emulation; kvm; tcg.",
                    Optional.of("auto"),
                    Secrecy.PLAIN)));

    static KvmSiteConfig of(ProviderConfig config, Path stateDirectory) throws ProviderException {
        String tag = UUID.nameUUIDFromBytes(
                        stateDirectory.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8))
                .toString()
                .substring(0, 8);
        Path runtime = HostUser.isRoot()
                ? Path.of("/run/tidemark/kvm-" + tag)
                : stateDirectory.toAbsolutePath().resolve("run");
        return new KvmSiteConfig(
                uri(config.get("uri").orElse("qemu:///system")),
                tag,
                stateDirectory,
                path(config, "storage-directory").orElse(stateDirectory.toAbsolutePath()),
                path(config, "runtime-directory").orElse(runtime),
                choice(config, "start-daemons", StartDaemons.class),
                choice(config, "acceleration", Acceleration.Choice.class));
    }

    private static String uri(String text) throws ProviderException {
        try {
            URI uri = new URI(text);
            if ("qemu".equals(uri.getScheme()) || "qemu+unix".equals(uri.getScheme())) {
                return text;
            }
        } catch (URISyntaxException malformed) {
            throw refused("uri", "'" + text + "' is not a URI: " + malformed.getReason());
        }
        // Captured writes and views travel over unix sockets, so the daemon has to be on this host.
        throw refused(
                "uri",
                "'" + text + "' is not a local QEMU connection; only the schemes qemu:///… and qemu+unix:///… are");
    }

    private static Optional<Path> path(ProviderConfig config, String key) throws ProviderException {
        Optional<String> text = config.get(key).filter(each -> !each.isBlank());
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Path path = Path.of(text.get());
        if (!path.isAbsolute()) {
            throw refused(key, "'" + path + "' is not an absolute path");
        }
        return Optional.of(path.normalize());
    }

    private static <E extends Enum<E>> E choice(ProviderConfig config, String key, Class<E> type)
            throws ProviderException {
        String text = config.get(key).orElse("auto");
        for (E each : type.getEnumConstants()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(text)) {
                return each;
            }
        }
        throw refused(
                key,
                "'" + text + "' is none of "
                        + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT));
    }

    private static ProviderException refused(String key, String why) {
        return new ProviderException(
                FailureKind.REJECTED,
                "The KVM site was not opened",
                "setting " + key + ": " + why,
                "Correct the setting and try again.");
    }
}
