package io.tidemark.control.checkpoint;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.JournalStore.Pinning;
import io.tidemark.spi.id.CheckpointId;
import java.util.List;
import java.util.Optional;

/** Finds the checkpoint that a selector means, among those of a journal. */
public final class CheckpointChooser {
    private CheckpointChooser() {}

    /**
     * The chosen checkpoint.
     *
     * @param known oldest first
     * @throws ControlException {@code CHECKPOINT_NONE}, {@code CHECKPOINT_NOT_FOUND}, {@code CHECKPOINT_GONE}
     */
    public static CheckpointView choose(String vpgName, List<JournalCheckpoint> known, CheckpointSelector selector) {
        if (known.isEmpty()) {
            throw ErrorCode.CHECKPOINT_NONE.because(
                    "No checkpoint of VPG '" + vpgName + "' can be chosen",
                    "it has none yet",
                    "Wait until its initial sync is done and the first checkpoint is made.");
        }
        JournalCheckpoint chosen =
                switch (selector) {
                    case CheckpointSelector.Latest() -> known.getLast();
                    case CheckpointSelector.ById(var id) ->
                        known.stream()
                                .filter(checkpoint -> checkpoint.id().equals(id))
                                .findFirst()
                                .orElseThrow(() -> hasAgedOut(id, known)
                                        ? gone(vpgName, "checkpoint " + id, known.getFirst())
                                        : notFound(vpgName, "/checkpoint/id", "it has no checkpoint " + id));
                    case CheckpointSelector.ByTag(var tag) ->
                        newest(known, tag)
                                .orElseThrow(() -> notFound(
                                        vpgName, "/checkpoint/tag", "none of its checkpoints is tagged '" + tag + "'"));
                    case CheckpointSelector.AtTime(var time) ->
                        known.reversed().stream()
                                .filter(checkpoint -> !checkpoint.time().isAfter(time))
                                .findFirst()
                                .orElseThrow(
                                        () -> gone(vpgName, "a checkpoint at or before " + time, known.getFirst()));
                };
        return view(chosen);
    }

    /** Pinned checkpoints outlive their neighbours: ageing is as far as the oldest one that is not pinned. */
    private static boolean hasAgedOut(CheckpointId id, List<JournalCheckpoint> known) {
        return id.compareTo(known.getFirst().id()) < 0
                || known.stream()
                        .filter(checkpoint -> checkpoint.pinning() == Pinning.UNPINNED)
                        .findFirst()
                        .filter(oldest -> id.compareTo(oldest.id()) < 0)
                        .isPresent();
    }

    /** As people see it. */
    public static CheckpointView view(JournalCheckpoint checkpoint) {
        return new CheckpointView(
                checkpoint.id(),
                checkpoint.time(),
                checkpoint.kind(),
                checkpoint.tag(),
                checkpoint.pinning() == Pinning.PINNED);
    }

    private static Optional<JournalCheckpoint> newest(List<JournalCheckpoint> known, String tag) {
        return known.reversed().stream()
                .filter(checkpoint -> checkpoint.tag().equals(tag))
                .findFirst();
    }

    private static ControlException gone(String vpgName, String what, JournalCheckpoint oldest) {
        return new ControlException(
                ErrorCode.CHECKPOINT_GONE,
                "No checkpoint of VPG '" + vpgName + "' was chosen",
                what + " is no longer in the journal; the oldest one that is, is " + oldest.id() + " of "
                        + oldest.time(),
                "Choose a later one.",
                List.of(new FieldError("/checkpoint", "is older than the journal")),
                null);
    }

    private static ControlException notFound(String vpgName, String pointer, String why) {
        return new ControlException(
                ErrorCode.CHECKPOINT_NOT_FOUND,
                "No checkpoint of VPG '" + vpgName + "' was chosen",
                why,
                "List its checkpoints and choose one of them.",
                List.of(new FieldError(pointer, why)),
                null);
    }
}
