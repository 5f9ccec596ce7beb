package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.ec2.model.Instance;

/** Recovery, commit and discard that end behind any request, as by kill -9: what is begun is finished, and nothing is left over. */
final class RecoveryKillsTest extends RecoveryFixture {
    @Test
    void killedAfterAnyRequestOfARecoveryItGoesOn() throws Exception {
        RecoveryVmSpec spec = lab().spec("resumed", Purpose.TEST, 4);
        boolean died = true;
        KillPoints points = new KillPoints("recovery", 4);
        for (int round = 0; died; round++) {
            int answers = points.next();
            OperationId operation = operation();
            aws().gateway().faults().dieAfter(answers);
            try {
                bringUp(spec, operation);
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            if (round % 2 == 0) {
                aws().restart();
            } else {
                aws().restartElsewhere();
            }
            VmId vm = bringUp(spec, operation);
            String when = "after a kill behind request " + answers;
            assertEquals(1, lab().instances(operation).size(), when);
            assertEquals(List.of(vm), aws().target().list(operation, AwsLab.deadline()), when);
            assertVolumesAreFromTheSnapshots(lab().instances(operation).getFirst(), 4);
            aws().target().discard(operation, AwsLab.deadline());
            assertEquals(before, lab().everything(), when);
            operations.remove(operation);
        }
        assertTrue(points.next() > 20, "a recovery takes more requests than that");
    }

    @Test
    void whereverARecoveryIsKilledADiscardLeavesNothing() throws Exception {
        RecoveryVmSpec spec = lab().spec("given up", Purpose.TEST, 4);
        boolean died = true;
        KillPoints points = new KillPoints("recovery that is given up", 5);
        while (died) {
            int answers = points.next();
            OperationId operation = operation();
            aws().gateway().faults().dieAfter(answers);
            try {
                bringUp(spec, operation);
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            aws().restart();
            aws().target().discard(operation, AwsLab.deadline());
            assertEquals(before, lab().everything(), "after a kill behind request " + answers);
            operations.remove(operation);
        }
    }

    @Test
    void killedAfterAnyRequestOfACommitItIsCommittedOnce() throws Exception {
        RecoveryVmSpec spec = lab().spec("committed", Purpose.LIVE, 4);
        boolean died = true;
        KillPoints points = new KillPoints("commit", 3);
        while (died) {
            int answers = points.next();
            OperationId operation = operation();
            VmId vm = bringUp(spec, operation);
            Instance instance = lab().instances(operation).getFirst();
            aws().gateway().faults().dieAfter(answers);
            try {
                aws().target().promote(vm, operation, progress -> {}, AwsLab.deadline());
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            aws().restart();
            aws().target().promote(vm, operation, progress -> {}, AwsLab.deadline());
            aws().target().discard(operation, AwsLab.deadline());
            String when = "after a kill behind request " + answers;
            assertEquals(
                    List.of(instance.instanceId()),
                    lab().instances(operation).stream()
                            .map(Instance::instanceId)
                            .toList(),
                    when);
            assertEquals(2, lab().volumes(operation).size(), when);
            removeByHand(instance);
            assertEquals(before, lab().everything(), when);
            operations.remove(operation);
        }
    }

    @Test
    void killedAfterAnyRequestOfADiscardTheRestIsDiscarded() throws Exception {
        RecoveryVmSpec spec = lab().spec("discarded", Purpose.TEST, 4);
        boolean died = true;
        KillPoints points = new KillPoints("discard", 5);
        while (died) {
            int answers = points.next();
            OperationId operation = operation();
            bringUp(spec, operation);
            aws().gateway().faults().dieAfter(answers);
            try {
                aws().target().discard(operation, AwsLab.deadline());
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            aws().restart();
            aws().target().discard(operation, AwsLab.deadline());
            assertEquals(before, lab().everything(), "after a kill behind request " + answers);
            operations.remove(operation);
        }
    }

    private VmId bringUp(RecoveryVmSpec spec, OperationId operation) throws Exception {
        VmId vm = lab().create(spec, 4, operation);
        aws().target().start(vm, AwsLab.deadline());
        return vm;
    }
}
