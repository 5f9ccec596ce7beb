/**
 * The plugin against a simulated vCenter in a process of its own, one per test class, and hosts that this process plays.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere;

import org.jspecify.annotations.NullMarked;
