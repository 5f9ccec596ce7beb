package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ControlException.Reason;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.event.Severity;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs.Done;
import io.tidemark.control.task.TaskError;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskProgram;
import io.tidemark.control.task.TaskStep;
import io.tidemark.control.vpg.VpgMessages.RemoveRequest;
import io.tidemark.spi.error.ProviderException;
import java.util.List;
import java.util.Optional;

/** Deletes a VPG at the site that has it. Only goes forward: what fails is tried again, by itself or when asked again. */
final class DeleteProgram implements TaskProgram {
    static final List<String> TITLES = List.of("Stop protection", "Remove journals", "Forget the VPG");

    private final Vpg vpg;
    private final VpgRegistry registry;
    private final VpgContext context;
    private final PeerClient peers;
    private final TaskLog tasks;
    private final StagedContents staged;

    DeleteProgram(
            Vpg vpg, VpgRegistry registry, VpgContext context, PeerClient peers, TaskLog tasks, StagedContents staged) {
        this.vpg = vpg;
        this.registry = registry;
        this.context = context;
        this.peers = peers;
        this.tasks = tasks;
        this.staged = staged;
    }

    @Override
    public List<TaskStep> steps() {
        return List.of(
                new TaskStep(TITLES.get(0), progress -> {
                    vpg.protection().ifPresent(Protection::stop);
                    return "";
                }),
                new TaskStep(TITLES.get(1), progress -> removeJournals()),
                new TaskStep(TITLES.get(2), progress -> {
                    registry.remove(vpg);
                    return "";
                }));
    }

    @Override
    public Reaction failed(TaskId task, int position, ControlException why) {
        context.alerts()
                .open(
                        AlertCode.DELETION_STUCK,
                        vpg.id().toString(),
                        Optional.of(vpg.id()),
                        "VPG '" + vpg.name() + "' cannot be deleted completely. " + why.getMessage());
        if (why.reason() == Reason.UNREACHABLE) {
            tasks.stepMessage(task, position, "is tried again: " + why.why());
            return Reaction.RETRY;
        }
        tasks.stepFailed(task, position, why.why());
        tasks.failed(task, TaskError.of(why));
        return Reaction.STOP;
    }

    @Override
    public void completed(TaskId task) {
        context.events().vpg(Severity.INFO, vpg.id(), "VPG '" + vpg.name() + "' was deleted");
        tasks.succeeded(task);
    }

    private String removeJournals() throws ProviderException {
        if (vpg.definition().role() == VpgRole.RECOVERY) {
            // First: without journals nobody could say any more what of it is ours.
            staged.end(vpg);
            context.dataPlane().journals().delete(vpg.id());
            return "";
        }
        if (vpg.definition().epoch() > 1
                && context.alerts().isOpen(AlertCode.VPG_FENCED, vpg.id().toString())) {
            return "left to site '" + context.peers().nameOf(vpg.definition().peer()) + "', which owns the VPG now";
        }
        DeleteVpg how = vpg.definition().deletion().orElse(DeleteVpg.EVERYTHING);
        try {
            peers.ask(vpg.definition().peer(), "vpg.remove", new RemoveRequest(vpg.id(), how.journals()), Done.class);
            return how.journals() == DeleteVpg.Journals.KEEP ? "kept at the recovery site" : "";
        } catch (ControlException e) {
            if (e.errorCode() == ErrorCode.VPG_NOT_FOUND) {
                return "the recovery site has none";
            }
            if (e.reason() == Reason.UNREACHABLE && how.peerAbsence() == DeleteVpg.PeerAbsence.FORGET) {
                return "the recovery site does not answer and keeps what it has; delete the VPG there";
            }
            throw e;
        }
    }
}
