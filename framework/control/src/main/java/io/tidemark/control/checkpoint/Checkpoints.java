package io.tidemark.control.checkpoint;

import io.tidemark.control.ControlException;
import io.tidemark.control.Page;
import io.tidemark.spi.id.CheckpointId;

/** The recovery points of VPGs. May be asked of either site; {@code vpg} is an id or a name. */
public interface Checkpoints {
    /** Newest first, with those that are damaged and cannot be chosen. */
    Page<CheckpointView> list(String vpg, CheckpointQuery query);

    /** One checkpoint, damaged or not; {@code CHECKPOINT_NOT_FOUND}, {@code CHECKPOINT_GONE} when it aged out or was thinned out. */
    CheckpointView get(String vpg, CheckpointId checkpoint);

    /**
     * Cuts a checkpoint now and waits until it is selectable.
     *
     * @param description 1 to 200 characters
     * @throws ControlException {@code CHECKPOINT_NOT_POSSIBLE} during a sync or a pause, {@code CHECKPOINT_NOT_DURABLE} when it did not
     *     become durable in time (it may later)
     */
    CheckpointView tag(String vpg, String description);

    /** Keeps a checkpoint from ageing; {@code CHECKPOINT_NOT_FOUND}, {@code CHECKPOINT_GONE}. */
    CheckpointView pin(String vpg, CheckpointId checkpoint);

    /** Lets it age again; it stays while an open recovery uses it. */
    CheckpointView unpin(String vpg, CheckpointId checkpoint);
}
