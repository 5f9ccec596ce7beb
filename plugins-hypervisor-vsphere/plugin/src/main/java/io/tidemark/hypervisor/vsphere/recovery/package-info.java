/**
 * VMs that this plugin makes: where they are placed, how they are described to the vCenter, how they are marked as ours, and how they are brought
 * back and removed. Any thread; calls wait for uploads and for the vCenter's tasks.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.recovery;

import org.jspecify.annotations.NullMarked;
