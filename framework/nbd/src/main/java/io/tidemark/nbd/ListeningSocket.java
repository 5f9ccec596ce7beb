package io.tidemark.nbd;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bound socket of a server and, for a unix socket, its file. Any thread may close it. */
final class ListeningSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ListeningSocket.class);
    private static final int BACKLOG = 128;
    private static final int FILE_TYPE_MASK = 0xF000;
    private static final int FILE_TYPE_SOCKET = 0xC000;

    private final ServerSocketChannel channel;
    private final SocketAddress address;
    private final @Nullable Object fileKey;

    private ListeningSocket(ServerSocketChannel channel, SocketAddress address, @Nullable Object fileKey) {
        this.channel = channel;
        this.address = address;
        this.fileKey = fileKey;
    }

    static ListeningSocket bind(SocketAddress wanted) throws IOException {
        ServerSocketChannel channel = wanted instanceof UnixDomainSocketAddress
                ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                : ServerSocketChannel.open();
        try {
            Object fileKey = null;
            if (wanted instanceof UnixDomainSocketAddress unix) {
                removeStaleSocket(unix);
                channel.bind(unix, BACKLOG);
                fileKey = Files.readAttributes(unix.getPath(), BasicFileAttributes.class)
                        .fileKey();
            } else {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                channel.bind(wanted, BACKLOG);
            }
            return new ListeningSocket(channel, channel.getLocalAddress(), fileKey);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw new IOException("NBD server can't listen on " + wanted + ": " + e.getMessage(), e);
        }
    }

    SocketAddress address() {
        return address;
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    SocketChannel accept() throws IOException {
        return channel.accept();
    }

    /** Stops listening and removes the socket's file, unless something else took its place. */
    @Override
    public void close() {
        try {
            if (address instanceof UnixDomainSocketAddress unix && channel.isOpen()) {
                removeOwnFile(unix.getPath());
            }
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("address", address)
                    .setCause(e)
                    .log("NBD socket file could not be removed; remove it by hand");
        } finally {
            closeChannel();
        }
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("address", address).setCause(e).log("closing the NBD listening socket failed");
        }
    }

    private void removeOwnFile(Path file) throws IOException {
        try {
            Object present = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
            if (Objects.equals(present, fileKey)) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException alreadyGone) {
            LOG.atDebug().addKeyValue("address", address).log("NBD socket file was removed by someone else");
        }
    }

    /** A crash leaves the file behind and bind refuses it; it may only go when it is a socket that nobody answers on. */
    private static void removeStaleSocket(UnixDomainSocketAddress address) throws IOException {
        Path file = address.getPath();
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & FILE_TYPE_MASK) != FILE_TYPE_SOCKET) {
            throw new BindException(file + " exists and is not a socket; choose another path or remove it");
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Non-blocking: a listener with a full backlog must not hold us up; it shows as "not yet connected".
            probe.configureBlocking(false);
            probe.connect(address);
            throw new BindException("another process is listening on " + file);
        } catch (ConnectException nobodyListens) {
            LOG.atInfo().addKeyValue("socket", file).log("removing the socket file that an ended process left behind");
            Files.deleteIfExists(file);
        }
    }
}
