/** Hardware of recovered VMs. */
@NullMarked
package io.tidemark.hypervisor.vsphere.recovery;

import org.jspecify.annotations.NullMarked;
