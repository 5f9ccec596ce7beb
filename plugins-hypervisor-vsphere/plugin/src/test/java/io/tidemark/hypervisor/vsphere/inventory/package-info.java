/** Describing VMs. */
@NullMarked
package io.tidemark.hypervisor.vsphere.inventory;

import org.jspecify.annotations.NullMarked;
