package io.tidemark.hypervisor.kvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of one running VM, looked at without libvirt: that has its hands full, and answers late, while a VM goes off. */
record QemuProcess(long pid) {
    private static final Logger LOG = LoggerFactory.getLogger(QemuProcess.class);
    /** Where libvirt's system daemon writes the process ids of its VMs. */
    private static final Path PID_FILES = Path.of("/run/libvirt/qemu");

    /** Empty when it cannot be told from here, as in a session of an ordinary user. */
    static Optional<QemuProcess> of(String domainName) {
        Path file = PID_FILES.resolve(domainName + ".pid");
        try {
            return Files.isReadable(file)
                    ? Optional.of(new QemuProcess(
                            Long.parseLong(Files.readString(file).strip())))
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            LOG.atDebug().addKeyValue("file", file).setCause(e).log("the process of a VM is not known");
            return Optional.empty();
        }
    }

    /** False only when it has positively ended. */
    boolean alive() {
        try {
            // proc(5): "pid (name) state …"; the name may hold anything, so the state is after the last bracket.
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state != 'Z' && state != 'X';
        } catch (java.nio.file.NoSuchFileException ended) {
            return false;
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("pid", pid).setCause(e).log("a process ended while it was looked at");
            return Files.exists(Path.of("/proc/" + pid));
        }
    }
}
