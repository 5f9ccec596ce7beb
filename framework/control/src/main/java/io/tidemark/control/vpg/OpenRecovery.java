package io.tidemark.control.vpg;

import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import java.util.List;
import java.util.Optional;

/**
 * A recovery of a VPG that is not finished, as its views need it.
 *
 * @param state the state that it puts the VPG in; empty for a test, which leaves the VPG as it is
 */
public record OpenRecovery(OperationId id, Optional<VpgState> state) {
    /** Finds the open recoveries of a VPG. */
    public interface Lookup {
        List<OpenRecovery> of(VpgId vpg);
    }
}
