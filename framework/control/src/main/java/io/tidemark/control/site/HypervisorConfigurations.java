package io.tidemark.control.site;

import io.tidemark.control.ControlException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The persisted hypervisor instances of this site. Opening and closing them is the server's business. */
public interface HypervisorConfigurations {
    /** In name order. */
    List<HypervisorConfiguration> list();

    Optional<HypervisorConfiguration> find(String name);

    /**
     * Persists an instance.
     *
     * @param name lower-case letters, digits, hyphens; 1 to 32 characters
     * @throws ControlException {@code HYPERVISOR_EXISTS}, {@code REQUEST_INVALID}
     */
    HypervisorConfiguration add(String name, String kind, Map<String, String> settings);

    /**
     * Forgets an instance.
     *
     * @throws ControlException {@code HYPERVISOR_IN_USE} while a VPG needs it, {@code HYPERVISOR_NOT_FOUND}
     */
    void remove(String name);
}
