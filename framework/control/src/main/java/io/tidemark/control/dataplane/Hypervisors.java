package io.tidemark.control.dataplane;

import io.tidemark.spi.site.HypervisorSite;
import java.util.Map;
import java.util.Optional;

/** The hypervisor instances of this site that are open now. */
public interface Hypervisors {
    /** By instance name, in name order. */
    Map<String, HypervisorSite> open();

    default Optional<HypervisorSite> find(String name) {
        return Optional.ofNullable(open().get(name));
    }
}
