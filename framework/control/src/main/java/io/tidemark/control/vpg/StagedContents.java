package io.tidemark.control.vpg;

import java.util.Optional;

/** What is staged for VPGs at the recovery targets of this site, as VPGs need it. Any thread. */
public interface StagedContents {
    /** Empty where the target of the VPG stages nothing. */
    Optional<StagingView> view(Vpg vpg);

    /**
     * Ends staging of a VPG that is being deleted, and removes everything that was staged for it. Idempotent.
     *
     * @throws io.tidemark.control.ControlException of reason {@code UNREACHABLE} when that has to be asked for again
     */
    void end(Vpg vpg);
}
