package io.tidemark.control.testkit;

import io.tidemark.control.checkpoint.CheckpointQuery;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.recovery.RecoveryState;
import io.tidemark.control.recovery.RecoveryView;
import io.tidemark.control.site.PairingSecret;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.vpg.CreateVpg;
import io.tidemark.control.vpg.VpgPolicy;
import io.tidemark.control.vpg.VpgView;
import io.tidemark.spi.id.OperationId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Two paired sites: Paris protects, Lyon recovers. Paris has the VMs {@code db} (two disks) and {@code app} (one). */
public final class TestWorld implements AutoCloseable {
    public final VirtualTime time = new VirtualTime();
    public final TestSite paris;
    public final TestSite lyon;
    private volatile boolean linkUp = true;

    public TestWorld(Path folder) {
        paris = new TestSite("paris", folder, this);
        lyon = new TestSite("lyon", folder, this);
        paris.hypervisor.add("vm-db", "db", 2);
        paris.hypervisor.add("vm-app", "app", 1);
        PairingSecret secret = lyon.plane().sites().createPairingToken();
        lyon.plane().sites().redeemPairing(secret.secret(), paris.identity());
        paris.plane().sites().addPeer(lyon.identity());
    }

    public TestSite other(TestSite site) {
        return site == paris ? lyon : paris;
    }

    public boolean linkIsUp() {
        return linkUp;
    }

    public void cutLink() {
        linkUp = false;
    }

    public void mendLink() {
        linkUp = true;
    }

    public static CreateVpg request(String name, String... vms) {
        return new CreateVpg(name, List.of(vms), "lyon", Optional.empty(), VpgPolicy.DEFAULT);
    }

    /** Creates the VPG {@code erp} of both VMs and waits until it is protected. */
    public VpgView protect() {
        TaskId task = paris.plane().vpgs().create(request("erp", "db", "app")).task();
        TaskView done = paris.plane().tasks().await(task, Duration.ofSeconds(20));
        if (done.state() != TaskState.SUCCEEDED) {
            throw new AssertionError("VPG not created: " + done);
        }
        return paris.plane().vpgs().get("erp");
    }

    /** Lets the time of {@code count} checkpoints go by. */
    public void checkpoints(int count) {
        time.advance(Duration.ofSeconds(5L * count));
    }

    /** All checkpoints of {@code erp}, newest first. */
    public List<CheckpointView> known() {
        return lyon.plane()
                .checkpoints()
                .list("erp", CheckpointQuery.newest(1000))
                .items();
    }

    /** Waits until a recovery at Lyon has a state; the time goes on meanwhile, so that retries happen. */
    public RecoveryView awaitState(OperationId recovery, RecoveryState state) {
        Eventually.until(
                () -> "recovery is " + state + ", but it is "
                        + lyon.plane().recoveries().get(recovery),
                () -> lyon.plane().recoveries().get(recovery).state() == state,
                () -> time.advance(Duration.ofMillis(100)));
        RecoveryView view = lyon.plane().recoveries().get(recovery);
        // The state is moved in the transaction that ends the task, so the task has ended too.
        if (lyon.plane().tasks().get(view.task()).state() == TaskState.RUNNING) {
            throw new AssertionError("the task runs on: " + view);
        }
        return view;
    }

    @Override
    public void close() {
        paris.close();
        lyon.close();
    }
}
