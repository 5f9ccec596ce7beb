package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.w3c.dom.Element;

/**
 * Lets QEMU, which libvirt runs as a user of its own ({@code libvirt-qemu} on Debian), reach our sockets and files: gives them to that
 * user, and says which folder is in the way where that is not enough. libvirt's own settings are never changed.
 */
final class QemuAccess {
    private static final Logger LOG = LoggerFactory.getLogger(QemuAccess.class);
    private static final int OTHERS_MAY_ENTER = 0001;
    private static final int GROUP_MAY_ENTER = 0010;
    private static final int OWNER_MAY_ENTER = 0100;

    /** Ids of QEMU's user. */
    record QemuUser(int uid, int gid) {}

    private final QemuUser user;

    QemuAccess(QemuUser user) {
        this.user = user;
    }

    /** Asks libvirt as which user it runs QEMU: the base label of its DAC security model. */
    static QemuAccess ask(Libvirt libvirt, Deadline deadline) throws ProviderException {
        String capabilities =
                libvirt.call("Asking libvirt what it can do", deadline, connect -> connect.getCapabilities());
        QemuUser own = new QemuUser(HostUser.uid(), HostUser.uid());
        for (Element model : Xml.child(Xml.parseElement(capabilities), "host")
                .map(host -> Xml.children(host, "secmodel"))
                .orElseThrow()) {
            if ("dac".equals(Xml.text(model, "model"))) {
                String label = Xml.children(model, "baselabel").stream()
                        .map(each -> each.getTextContent().strip())
                        .findFirst()
                        .orElse("");
                String[] ids = label.replace("+", "").split(":");
                if (ids.length == 2) {
                    return new QemuAccess(new QemuUser(Integer.parseInt(ids[0]), Integer.parseInt(ids[1])));
                }
            }
        }
        return new QemuAccess(own);
    }

    QemuUser user() {
        return user;
    }

    /** Gives a socket to QEMU: owner may read and write, nobody else (root may anyway). */
    void grantSocket(Path socket) throws ProviderException {
        grant(socket, "rw-------");
        requireReachable(socket);
    }

    /** Gives a file or an empty folder to QEMU. */
    void grant(Path path, String permissions) throws ProviderException {
        Set<PosixFilePermission> wanted = PosixFilePermissions.fromString(permissions);
        try {
            if (HostUser.isRoot()) {
                Files.setAttribute(path, "unix:uid", user.uid());
                Files.setAttribute(path, "unix:gid", user.gid());
            }
            Files.setPosixFilePermissions(path, wanted);
        } catch (IOException e) {
            throw KvmFailures.rejected(
                    path + " could not be given to QEMU's user",
                    KvmFailures.firstLine(e.toString()),
                    "Run Tidemark as root, or as the user that owns the folder.");
        }
    }

    /** @throws ProviderException naming the first folder above the path that QEMU's user may not enter */
    void requireReachable(Path path) throws ProviderException {
        if (user.uid() == 0) {
            return;
        }
        Path absolute = path.toAbsolutePath().normalize();
        for (Path folder = absolute.getParent(); folder != null; folder = folder.getParent()) {
            if (!mayEnter(folder)) {
                throw KvmFailures.rejected(
                        "QEMU cannot reach " + path,
                        "libvirt runs QEMU as user " + user.uid() + ", who may not enter " + folder,
                        "Use a folder that others may enter, for example one below /var/lib/tidemark, or: chmod o+x "
                                + folder);
            }
        }
    }

    private boolean mayEnter(Path folder) {
        try {
            int mode = (Integer) Files.getAttribute(folder, "unix:mode");
            if (user.uid() == (Integer) Files.getAttribute(folder, "unix:uid")) {
                return (mode & OWNER_MAY_ENTER) != 0;
            }
            if (user.gid() == (Integer) Files.getAttribute(folder, "unix:gid")) {
                return (mode & GROUP_MAY_ENTER) != 0;
            }
            return (mode & OTHERS_MAY_ENTER) != 0;
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("folder", folder).setCause(e).log("cannot look at a folder; taken as reachable");
            return true;
        }
    }
}
