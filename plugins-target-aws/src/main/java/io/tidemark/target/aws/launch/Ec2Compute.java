package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;
import io.tidemark.target.aws.client.AwsFailures;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.model.Instance;

/** Power of the region's instances. Any thread. */
public final class Ec2Compute implements Compute {
    private final VmLaunch launch;

    public Ec2Compute(AwsRecovery recovery) {
        this.launch = recovery.launch();
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) throws ProviderException {
        Optional<Instance> instance = launch.find(vm, deadline);
        if (instance.isPresent()) {
            return Ec2Inventory.power(instance.get().state().name());
        }
        if (VmNames.isOurs(vm) && launch.template(vm, deadline).isPresent()) {
            return PowerState.OFF;
        }
        throw AwsFailures.rejected(
                "The power of VM " + vm + " was not read",
                "there is no such VM in this region",
                "Look at the inventory.");
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        launch.start(vm, deadline);
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        launch.stop(vm, VmLaunch.Stopping.GRACEFUL, deadline);
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) throws ProviderException {
        launch.stop(vm, VmLaunch.Stopping.FORCED, deadline);
    }
}
