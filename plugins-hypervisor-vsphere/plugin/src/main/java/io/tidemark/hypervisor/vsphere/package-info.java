/**
 * A hypervisor site over a vCenter: inventory, power, protection by snapshots with changed-block tracking, reading, recovery, and sample VMs on
 * simulated hosts.
 *
 * <p>Control calls come on the host's virtual threads and wait for HTTPS exchanges, which a pool of threads from the host carries out.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere;

import org.jspecify.annotations.NullMarked;
