/** Tests of the host simulator, and of the filter client on it: whole simulators on loopback, in this process or their own. */
@NullMarked
package io.tidemark.hypervisor.vsphere.hostsimulator;

import org.jspecify.annotations.NullMarked;
