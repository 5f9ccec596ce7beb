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
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration BETWEEN_STARTS = Duration.ofSeconds(1);
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
            start("virtlogd", LOG_SOCKET, deadline);
            start("libvirtd", SOCKET, deadline);
        }
    }

    /**
     * Starts a daemon until it answers. That a start fails is no failure yet: another process may have been faster and not listen so far, or
     * a daemon that is just ending may still hold its pid file; so it is looked again, and then tried again.
     */
    private static void start(String name, Path socket, Deadline deadline) throws ProviderException {
        Path program = Programs.find(name, KvmFailures.PACKAGES);
        Deadline patience = sooner(deadline, PATIENCE);
        while (!answers(socket)) {
            try {
                Programs.run("Starting " + name, List.of(program.toString(), "-d"), patience);
                LOG.atInfo().addKeyValue("daemon", name).log("Daemon did not run and was started");
                waitFor(socket, patience);
                return;
            } catch (ProviderException failed) {
                if (patience.passed()) {
                    throw failed;
                }
                LOG.atInfo()
                        .addKeyValue("daemon", name)
                        .addKeyValue("why", failed.getMessage())
                        .log("Daemon could not be started yet");
                waitFor(socket, sooner(patience, BETWEEN_STARTS));
            }
        }
    }

    private static Deadline sooner(Deadline deadline, Duration limit) {
        return deadline.remaining().compareTo(limit) < 0 ? deadline : Deadline.after(limit);
    }

    private static void waitFor(Path socket, Deadline deadline) {
        while (!answers(socket) && !deadline.passed()) {
            Waiting.pause(Duration.ofMillis(50));
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
