package io.tidemark.hypervisor.vsphere.config;

import java.net.URI;

/** Where a host simulator answers for the programs of sample VMs, and what it wants to see. The token is never printed. */
public record HostConsole(URI address, String token) {
    @Override
    public String toString() {
        return "HostConsole at " + address;
    }
}
