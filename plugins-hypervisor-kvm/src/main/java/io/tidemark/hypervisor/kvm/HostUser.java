package io.tidemark.hypervisor.kvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The user that this process runs as. */
final class HostUser {
    private HostUser() {}

    static boolean isRoot() {
        return uid() == 0;
    }

    static int uid() {
        try {
            // The owner of a process's folder in /proc is its effective user.
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read /proc/self: is /proc mounted?", e);
        }
    }
}
