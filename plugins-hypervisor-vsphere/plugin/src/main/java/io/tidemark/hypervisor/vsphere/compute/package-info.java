/** Power of VMs, and their end. Any thread; calls wait for the vCenter's tasks. */
@NullMarked
package io.tidemark.hypervisor.vsphere.compute;

import org.jspecify.annotations.NullMarked;
