package io.tidemark.hypervisor.vsphere.vim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Calls that the vCenter carries out as tasks: makes them and waits for their end. */
public final class Tasks {
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(10);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    private Tasks() {}

    /**
     * Runs a task to its end.
     *
     * @return its result, if it has one
     * @throws VimFault also when the task itself failed
     */
    public static Optional<XmlNode> run(
            VimSession session,
            String what,
            String method,
            MoRef target,
            Consumer<XmlBody> arguments,
            Deadline deadline)
            throws ProviderException, VimFault {
        MoRef task = session.call(what, method, target, arguments, deadline)
                .ref("returnval")
                .orElseThrow(() -> new ProviderException(
                        FailureKind.BUG,
                        what + " failed",
                        "the vCenter named no task",
                        "Report this with the version of the vCenter."));
        Duration pause = SHORTEST_PAUSE;
        while (true) {
            List<Properties.Read> read =
                    Properties.of(session, List.of(task), List.of("info.state", "info.error", "info.result"), deadline);
            if (read.isEmpty()) {
                throw new VimFault("ManagedObjectNotFound", "the task is gone before it told its end");
            }
            if (ended(read.getFirst())) {
                return read.getFirst().value("info.result");
            }
            if (deadline.passed()) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        what + " did not end in time",
                        "the vCenter's task " + task.value() + " still runs",
                        "Watch the task in the vCenter, then try again.");
            }
            LockSupport.parkNanos(pause.toNanos());
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
        }
    }

    private static boolean ended(Properties.Read read) throws VimFault {
        String state = read.value("info.state").map(XmlNode::text).orElse("");
        if (!state.equals("error")) {
            return state.equals("success");
        }
        Optional<XmlNode> error = read.value("info.error");
        throw new VimFault(
                error.flatMap(each -> each.child("fault"))
                        .map(XmlNode::type)
                        .filter(each -> !each.isEmpty())
                        .orElse("Fault"),
                error.flatMap(each -> each.value("localizedMessage")).orElse(""));
    }
}
