package io.tidemark.control.recovery;

import io.tidemark.spi.id.VmId;
import java.util.Optional;

/**
 * A VM that is brought back.
 *
 * @param source the protected VM
 * @param name its name on the target; empty until chosen
 * @param id its id on the target; empty until created
 */
public record RecoveredVm(VmId source, String sourceName, Optional<String> name, Optional<VmId> id) {}
