package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.KvmSiteConfig.StartDaemons;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts libvirt's system daemons on a host without a service manager, where nobody else did. Never stops them. */
final class LibvirtDaemons {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtDaemons.class);
    private static final Path SOCKET = Path.of("/var/run/libvirt/libvirt-sock");
    private static final Path LOG_SOCKET = Path.of("/var/run/libvirt/virtlogd-sock");
    private static final Object STARTING = new Object();

    private LibvirtDaemons() {}

    /** Does nothing when the daemon answers, when it is not allowed to, and for other connections than the system's. */
    static void startIfNeeded(KvmSiteConfig config, Deadline deadline) throws ProviderException {
        if (config.startDaemons() == StartDaemons.NEVER
                || !config.uri().equals("qemu:///system")
                || !HostUser.isRoot()) {
            return;
        }
        synchronized (STARTING) {
            if (answers(SOCKET)) {
                return;
            }
            Path daemon = Programs.find("libvirtd", KvmFailures.PACKAGES);
            if (!answers(LOG_SOCKET)) {
                Programs.run(
                        "Starting virtlogd",
                        List.of(Programs.find("virtlogd", KvmFailures.PACKAGES).toString(), "-d"),
                        deadline);
            }
            Programs.run("Starting libvirtd", List.of(daemon.toString(), "-d"), deadline);
            LOG.atInfo().log("libvirtd did not run and was started");
            while (!answers(SOCKET) && !deadline.passed()) {
                Waiting.pause(Duration.ofMillis(50));
            }
        }
    }

    private static boolean answers(Path socket) {
        if (!Files.exists(socket)) {
            return false;
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException refused) {
            LOG.atDebug().addKeyValue("socket", socket).setCause(refused).log("nobody listens");
            return false;
        }
    }
}
