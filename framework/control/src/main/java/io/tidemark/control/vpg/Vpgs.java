package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.task.TaskId;
import java.util.List;

/**
 * The virtual protection groups of this site, in either role. {@code vpg} is an id or a name everywhere.
 *
 * <p>Creating is asked of the protected site. The rest may be asked of either, and is done where it belongs.
 */
public interface Vpgs {
    /**
     * Validates a request and says what it would do. Asks the recovery site too.
     *
     * @throws ControlException as {@link #create}
     */
    VpgPlan plan(CreateVpg request);

    /**
     * Defines a VPG and begins to protect it. The task ends when protection has been started; the initial sync goes on after it.
     *
     * @throws ControlException {@code REQUEST_INVALID} with all wrong fields, {@code VPG_NAME_TAKEN}, {@code VM_NOT_FOUND},
     *     {@code VM_NAME_AMBIGUOUS}, {@code PEER_NOT_FOUND}, {@code PEER_UNREACHABLE}, {@code HYPERVISOR_NOT_FOUND}; nothing was changed
     */
    VpgStarted create(CreateVpg request);

    /** In name order. */
    List<VpgView> list();

    /** One VPG; {@code VPG_NOT_FOUND} when it is unknown here. */
    VpgView get(String vpg);

    /**
     * Changes the policy of a VPG that lives. Journals act on it at once; a recovery site that does not answer now is told when it does.
     *
     * @throws ControlException {@code REQUEST_INVALID} with all wrong fields, {@code VPG_STATE}; nothing was changed
     */
    VpgView update(String vpg, PolicyChange change);

    /**
     * Reads all journals of a VPG at its recovery site and finds out which checkpoints need what is damaged. A scrub that runs already is
     * given instead of a second one.
     */
    TaskId scrub(String vpg);

    /** Ends capture and shipping until resumed; checkpoints stay selectable. Does nothing to a paused VPG. */
    VpgView pause(String vpg);

    /** Goes on after a pause, with a sync. Does nothing to a VPG that is not paused. */
    VpgView resume(String vpg);

    /**
     * Ends protection.
     *
     * @throws ControlException {@code VPG_IN_RECOVERY} while a recovery is open
     */
    TaskId delete(String vpg, DeleteVpg how);
}
