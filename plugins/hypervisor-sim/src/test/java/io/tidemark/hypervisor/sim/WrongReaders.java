package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import java.nio.ByteBuffer;

/** Volume readers that are wrong in one way each. */
final class WrongReaders {
    private WrongReaders() {}

    static BlockDevice frozen(BlockDevice device) {
        ByteBuffer snapshot = ByteBuffer.allocate(Math.toIntExact(device.sizeBytes()));
        return Wrong.in(BlockDevice.class, device, "read", (arguments, right) -> {
            if (snapshot.hasRemaining()) {
                device.read(0, snapshot);
            }
            ByteBuffer into = (ByteBuffer) arguments[1];
            into.put(snapshot.array(), Math.toIntExact((long) arguments[0]), into.remaining());
            return null;
        });
    }

    static void requireRunning(HypervisorSite site, VolumeId volume, Deadline deadline) throws ProviderException {
        for (VmDescription vm : site.inventory().list(deadline)) {
            if (vm.power() == PowerState.OFF
                    && vm.volumes().stream().anyMatch(each -> each.id().equals(volume))) {
                throw Refusal.vmIsOff(vm.id());
            }
        }
    }
}
