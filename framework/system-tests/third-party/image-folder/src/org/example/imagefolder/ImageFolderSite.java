package org.example.imagefolder;

import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The folder as a site: its inventory, the power that it notes down, and recovery. It cannot capture, and says so by what it lacks. */
final class ImageFolderSite implements HypervisorSite, Inventory, Compute {
    private final ImageFolder folder;
    private final BlockNetwork network;

    ImageFolderSite(ImageFolder folder, BlockNetwork network) {
        this.folder = folder;
        this.network = network;
    }

    @Override
    public String description() {
        return "Folder of disk images " + folder.path();
    }

    /** Copies are its own: nothing of a recovered VM has to be kept by Tidemark. */
    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.RECOVERY_OWNS_SCRATCH);
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        folder.list();
    }

    @Override
    public Inventory inventory() {
        return this;
    }

    @Override
    public Compute compute() {
        return this;
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return Optional.of(new ImageRecovery(folder, network));
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        return folder.list();
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException {
        return folder.find(vm);
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) throws ProviderException {
        return folder.require(vm).power();
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        folder.setPower(vm, PowerState.RUNNING);
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        folder.setPower(vm, PowerState.OFF);
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) throws ProviderException {
        folder.setPower(vm, PowerState.OFF);
    }

    @Override
    public void close() {
        // Nothing is kept open between calls.
    }
}
