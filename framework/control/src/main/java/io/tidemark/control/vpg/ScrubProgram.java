package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.JournalStore.Damage;
import io.tidemark.control.dataplane.JournalStore.JournalScrub;
import io.tidemark.control.event.Severity;
import io.tidemark.control.task.TaskError;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskProgram;
import io.tidemark.control.task.TaskStep;
import io.tidemark.spi.error.ProviderException;
import java.util.ArrayList;
import java.util.List;

/** Reads the journals of a VPG one after the other, and then says which checkpoints cannot be chosen. Damage is a result, no failure. */
final class ScrubProgram implements TaskProgram {
    /** Places that one step names; a disk that dies has thousands, and the log has them all. */
    private static final int PLACES_TOLD = 5;

    private final Vpg vpg;
    private final VpgContext context;
    private final TaskLog tasks;

    ScrubProgram(Vpg vpg, VpgContext context, TaskLog tasks) {
        this.vpg = vpg;
        this.context = context;
        this.tasks = tasks;
    }

    static List<String> titles(Vpg vpg) {
        List<String> titles = new ArrayList<>();
        vpg.definition()
                .members()
                .forEach(member ->
                        titles.add("Read the journal of VM '" + member.member().vmName() + "'"));
        titles.add("Judge checkpoints");
        return titles;
    }

    @Override
    public List<TaskStep> steps() {
        List<TaskStep> steps = new ArrayList<>();
        List<String> titles = titles(vpg);
        for (MemberDefinition member : vpg.definition().members()) {
            steps.add(new TaskStep(titles.get(steps.size()), progress -> read(member)));
        }
        steps.add(new TaskStep(titles.getLast(), progress -> judge()));
        return steps;
    }

    private String read(MemberDefinition member) throws ProviderException {
        JournalScrub found =
                context.dataPlane().journals().scrub(vpg.id(), member.member().vm());
        String read = (found.bytesRead() >> 20) + " MiB read";
        if (found.damages().isEmpty()) {
            return read + ", nothing is damaged";
        }
        StringBuilder text = new StringBuilder(read + ", " + found.damages().size() + " places are damaged: ");
        for (Damage damage :
                found.damages().subList(0, Math.min(PLACES_TOLD, found.damages().size()))) {
            text.append(damage.harmless() ? "(harmless) " : "")
                    .append(damage.file())
                    .append(" at byte ")
                    .append(damage.offset())
                    .append(": ")
                    .append(damage.what())
                    .append("; ");
        }
        text.append(found.unselectableCheckpoints()).append(" of its checkpoints need what is damaged");
        context.events()
                .vpg(
                        found.unselectableCheckpoints() > 0 ? Severity.ERROR : Severity.WARNING,
                        vpg.id(),
                        "A scrub of VPG '" + vpg.name() + "', VM '"
                                + member.member().vmName() + "': " + text);
        return text.toString();
    }

    private String judge() throws ProviderException {
        JournalStore journals = context.dataPlane().journals();
        var damaged = journals.damagedCheckpoints(vpg.id());
        int selectable = journals.checkpoints(vpg.id()).size();
        if (damaged.isEmpty()) {
            return "all " + selectable + " checkpoints can be chosen";
        }
        return damaged.size() + " checkpoints cannot be chosen, from "
                + damaged.getFirst().checkpoint().id() + " of "
                + damaged.getFirst().checkpoint().time() + " to "
                + damaged.getLast().checkpoint().id() + " of "
                + damaged.getLast().checkpoint().time() + "; " + selectable + " can be";
    }

    @Override
    public Reaction failed(TaskId task, int position, ControlException why) {
        tasks.stepFailed(task, position, why.why());
        tasks.failed(task, TaskError.of(why));
        return Reaction.STOP;
    }

    @Override
    public void completed(TaskId task) {
        context.events().vpg(Severity.INFO, vpg.id(), "The journals of VPG '" + vpg.name() + "' were scrubbed");
        tasks.succeeded(task);
    }
}
