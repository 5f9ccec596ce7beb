package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.event.Severity;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs.Done;
import io.tidemark.control.task.TaskError;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskProgram;
import io.tidemark.control.task.TaskStep;
import io.tidemark.control.vpg.VpgMessages.PrepareRequest;
import io.tidemark.control.vpg.VpgMessages.RemoveRequest;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates a VPG: prepares its journals at the recovery site and starts protection. A failure undoes both. */
final class CreateProgram implements TaskProgram {
    private static final Logger LOG = LoggerFactory.getLogger(CreateProgram.class);
    static final List<String> TITLES = List.of("Prepare journals", "Start protection");

    private final Vpg vpg;
    private final VpgRegistry registry;
    private final VpgContext context;
    private final PeerClient peers;
    private final TaskLog tasks;

    CreateProgram(Vpg vpg, VpgRegistry registry, VpgContext context, PeerClient peers, TaskLog tasks) {
        this.vpg = vpg;
        this.registry = registry;
        this.context = context;
        this.peers = peers;
        this.tasks = tasks;
    }

    @Override
    public List<TaskStep> steps() {
        return List.of(
                new TaskStep(TITLES.get(0), progress -> {
                    VpgRecord row = vpg.definition();
                    CustodyReport report =
                            peers.ask(row.peer(), "vpg.prepare", PrepareRequest.of(row), CustodyReport.class);
                    vpg.protection().orElseThrow().announced(report);
                    return "at site '" + context.peers().nameOf(row.peer()) + "'";
                }),
                new TaskStep(TITLES.get(1), progress -> {
                    if (vpg.lifecycle() == VpgLifecycle.DEFINED) {
                        vpg.transition(VpgLifecycle.ACTIVE);
                    }
                    vpg.protection().orElseThrow().start();
                    return vpg.definition().members().size() + " VMs";
                }));
    }

    @Override
    public Reaction failed(TaskId task, int position, ControlException why) {
        tasks.stepFailed(task, position, why.why());
        try {
            peers.ask(
                    vpg.definition().peer(),
                    "vpg.remove",
                    new RemoveRequest(vpg.id(), DeleteVpg.Journals.DELETE),
                    Done.class);
        } catch (ControlException e) {
            LOG.atWarn()
                    .addKeyValue("vpg", vpg.id())
                    .log(
                            "The recovery site may keep empty journals of a VPG that could not be created: {}",
                            e.getMessage());
        }
        vpg.protection().orElseThrow().stop();
        context.events().vpg(Severity.ERROR, vpg.id(), "VPG '" + vpg.name() + "' was not created. " + why.getMessage());
        tasks.failed(task, TaskError.of(why));
        registry.remove(vpg);
        return Reaction.STOP;
    }

    @Override
    public void completed(TaskId task) {
        context.events()
                .vpg(
                        Severity.INFO,
                        vpg.id(),
                        "VPG '" + vpg.name() + "' is protected at site '"
                                + context.peers().nameOf(vpg.definition().peer()) + "'; the initial sync begins");
        tasks.succeeded(task);
    }
}
