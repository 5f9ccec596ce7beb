package io.tidemark.hypervisor.vsphere;

import java.net.URI;
import java.nio.file.Path;

/** The hosts behind the vCenter: run its VMs and make their writes. */
interface Hosts extends AutoCloseable {
    /** What the vCenter and the console have to show. */
    String TOKEN = "a-token-of-at-least-thirty-two-characters";

    /** The environment variable that names the host simulator's jar; without it the hosts are played by this process. */
    String SIMULATOR = "TIDEMARK_HOST_SIMULATOR";

    URI address();

    /** Forgets what changed on a disk, as hosts do after a crash. */
    void resetTracking(Path flat) throws Exception;

    @Override
    void close() throws Exception;

    /** @param folder for the files of a process */
    static Hosts start(Path folder, Path datastore) throws Exception {
        String jar = System.getenv(SIMULATOR);
        return jar == null ? new PlayedHosts() : HostSimulatorProcess.start(Path.of(jar), folder, datastore);
    }
}
