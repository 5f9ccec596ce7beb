package io.tidemark.control.checkpoint;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.dataplane.JournalStore.DamagedCheckpoint;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.JournalStore.Pinning;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the checkpoint that a selector means, among those of a journal. */
public final class CheckpointChooser {
    private CheckpointChooser() {}

    /**
     * The chosen checkpoint. By tag or time it is the newest one that fits and is not damaged.
     *
     * @throws ControlException {@code CHECKPOINT_NONE}, {@code CHECKPOINT_NOT_FOUND}, {@code CHECKPOINT_GONE}, {@code CHECKPOINT_DAMAGED}
     */
    public static CheckpointView choose(String vpgName, KnownCheckpoints known, CheckpointSelector selector) {
        List<JournalCheckpoint> selectable = known.selectable();
        if (selectable.isEmpty() && known.damaged().isEmpty()) {
            throw ErrorCode.CHECKPOINT_NONE.because(
                    "No checkpoint of VPG '" + vpgName + "' can be chosen",
                    "it has none yet",
                    "Wait until its initial sync is done and the first checkpoint is made.");
        }
        JournalCheckpoint chosen =
                switch (selector) {
                    case CheckpointSelector.Latest() ->
                        selectable.stream()
                                .reduce((older, newer) -> newer)
                                .orElseThrow(
                                        () -> damaged(vpgName, known.damaged().getLast()));
                    case CheckpointSelector.ById(var id) ->
                        selectable.stream()
                                .filter(checkpoint -> checkpoint.id().equals(id))
                                .findFirst()
                                .orElseThrow(() -> without(vpgName, id, known));
                    case CheckpointSelector.ByTag(var tag) ->
                        newest(selectable, tag).orElseThrow(() -> withoutTag(vpgName, tag, known));
                    case CheckpointSelector.AtTime(var time) ->
                        selectable.reversed().stream()
                                .filter(checkpoint -> !checkpoint.time().isAfter(time))
                                .findFirst()
                                .orElseThrow(
                                        () -> gone(vpgName, "a checkpoint at or before " + time + " is", selectable));
                };
        return view(chosen);
    }

    /** As people see it. */
    public static CheckpointView view(JournalCheckpoint checkpoint) {
        return new CheckpointView(
                checkpoint.id(),
                checkpoint.time(),
                checkpoint.kind(),
                checkpoint.tag(),
                checkpoint.pinning() == Pinning.PINNED,
                Optional.empty());
    }

    /** As people see it, with the reason why it cannot be chosen. */
    static CheckpointView view(DamagedCheckpoint damaged) {
        CheckpointView sound = view(damaged.checkpoint());
        return new CheckpointView(
                sound.id(), sound.time(), sound.kind(), sound.tag(), sound.pinned(), Optional.of(why(damaged)));
    }

    private static String why(DamagedCheckpoint damaged) {
        return "a scrub found what it needs damaged in the journal of VM "
                + damaged.members().stream().map(VmId::toString).collect(Collectors.joining(", "));
    }

    private static ControlException without(String vpgName, CheckpointId id, KnownCheckpoints known) {
        Optional<DamagedCheckpoint> damaged = known.damaged().stream()
                .filter(each -> each.checkpoint().id().equals(id))
                .findFirst();
        if (damaged.isPresent()) {
            return damaged(vpgName, damaged.get());
        }
        List<JournalCheckpoint> selectable = known.selectable();
        if (hasAgedOut(id, selectable)) {
            return gone(vpgName, "checkpoint " + id + " is", selectable);
        }
        return mayBeThinnedOut(id, known)
                ? gone(vpgName, "checkpoint " + id + " was thinned out, or was never selectable, and is", selectable)
                : notFound(vpgName, "/checkpoint/id", "it has no checkpoint " + id);
    }

    private static ControlException withoutTag(String vpgName, String tag, KnownCheckpoints known) {
        return known.damaged().reversed().stream()
                .filter(each -> each.checkpoint().tag().equals(tag))
                .findFirst()
                .map(each -> damaged(vpgName, each))
                .orElseGet(
                        () -> notFound(vpgName, "/checkpoint/tag", "none of its checkpoints is tagged '" + tag + "'"));
    }

    /** Pinned checkpoints outlive their neighbours: ageing is as far as the oldest one that is not pinned. */
    private static boolean hasAgedOut(CheckpointId id, List<JournalCheckpoint> known) {
        return !known.isEmpty()
                && (id.compareTo(known.getFirst().id()) < 0
                        || known.stream()
                                .filter(checkpoint -> checkpoint.pinning() == Pinning.UNPINNED)
                                .findFirst()
                                .filter(oldest -> id.compareTo(oldest.id()) < 0)
                                .isPresent());
    }

    /** Whether it would be at an age at which not all checkpoints are kept. Its own time is not known any more, that of its successor is. */
    private static boolean mayBeThinnedOut(CheckpointId id, KnownCheckpoints known) {
        if (known.thinning().isEmpty()) {
            return false;
        }
        Duration youngestTier = known.thinning().getFirst().olderThan();
        return known.selectable().stream()
                .filter(checkpoint -> checkpoint.id().compareTo(id) > 0)
                .findFirst()
                .filter(successor -> Duration.between(
                                        successor.time(),
                                        known.selectable().getLast().time())
                                .compareTo(youngestTier)
                        >= 0)
                .isPresent();
    }

    private static Optional<JournalCheckpoint> newest(List<JournalCheckpoint> known, String tag) {
        return known.reversed().stream()
                .filter(checkpoint -> checkpoint.tag().equals(tag))
                .findFirst();
    }

    private static ControlException damaged(String vpgName, DamagedCheckpoint damaged) {
        JournalCheckpoint checkpoint = damaged.checkpoint();
        return new ControlException(
                ErrorCode.CHECKPOINT_DAMAGED,
                "No checkpoint of VPG '" + vpgName + "' was chosen",
                "checkpoint " + checkpoint.id() + " of " + checkpoint.time() + " cannot be: " + why(damaged),
                "Choose another one. If the recovery site's storage can be mended, mend it and scrub the VPG again: its"
                        + " checkpoints can be chosen again when nothing is damaged.",
                List.of(new FieldError("/checkpoint", "is damaged")),
                null);
    }

    private static ControlException gone(String vpgName, String whatIs, List<JournalCheckpoint> known) {
        String oldest = known.isEmpty()
                ? "none that is there is sound"
                : "the oldest one that is, is " + known.getFirst().id() + " of "
                        + known.getFirst().time();
        return new ControlException(
                ErrorCode.CHECKPOINT_GONE,
                "No checkpoint of VPG '" + vpgName + "' was chosen",
                whatIs + " no longer in the journal; " + oldest,
                "Choose another one that is listed.",
                List.of(new FieldError("/checkpoint", "is no longer in the journal")),
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
