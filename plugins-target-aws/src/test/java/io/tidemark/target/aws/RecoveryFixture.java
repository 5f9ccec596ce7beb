package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.spi.id.OperationId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.Volume;

/** A lab for a class; what a test's operations made is discarded after it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RecoveryFixture {
    private @Nullable RecoveryLab maybeLab;
    TreeSet<String> before = new TreeSet<>();
    final List<OperationId> operations = new ArrayList<>();

    @BeforeAll
    void makeLab() throws Exception {
        RecoveryLab made = new RecoveryLab();
        maybeLab = made;
        before = made.everything();
    }

    @AfterAll
    void closeLab() throws Exception {
        if (maybeLab != null) {
            maybeLab.close();
        }
    }

    @AfterEach
    void discardAll() throws Exception {
        aws().restart();
        for (OperationId operation : operations) {
            aws().target().discard(operation, AwsLab.deadline());
        }
        operations.clear();
    }

    final RecoveryLab lab() {
        RecoveryLab lab = maybeLab;
        if (lab == null) {
            throw new IllegalStateException("the lab was not made");
        }
        return lab;
    }

    final AwsLab aws() {
        return lab().lab();
    }

    final OperationId operation() {
        OperationId operation = OperationId.random();
        operations.add(operation);
        return operation;
    }

    final void assertVolumesAreFromTheSnapshots(Instance instance, int checkpoint) {
        String image = instance.imageId();
        lab().assertHolds(0, checkpoint, aws().gateway().images().getOrDefault(image, "none"));
        List<Volume> data = aws().ec2()
                .describeVolumes(request -> request.volumeIds(instance.blockDeviceMappings().stream()
                        .filter(mapping -> !mapping.deviceName().equals("/dev/sda1"))
                        .map(mapping -> mapping.ebs().volumeId())
                        .toList()))
                .volumes();
        assertEquals(1, data.size());
        lab().assertHolds(1, checkpoint, data.getFirst().snapshotId());
        assertEquals(1, data.getFirst().size());
    }

    /** As the owner of a promoted VM does. */
    final void removeByHand(Instance instance) {
        var ec2 = aws().ec2();
        ec2.terminateInstances(request -> request.instanceIds(instance.instanceId()));
        ec2.deleteNetworkInterface(request -> request.networkInterfaceId(
                instance.networkInterfaces().getFirst().networkInterfaceId()));
        Set<String> volumes = instance.blockDeviceMappings().stream()
                .map(mapping -> mapping.ebs().volumeId())
                .collect(Collectors.toSet());
        ec2.describeVolumes().volumes().stream()
                .filter(volume -> volumes.contains(volume.volumeId()))
                .forEach(volume -> ec2.deleteVolume(request -> request.volumeId(volume.volumeId())));
    }
}
