/**
 * Reading disks: live, and frozen by snapshots with what changed between two of them. Any thread; one freeze at a time per VM.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.tracking;

import org.jspecify.annotations.NullMarked;
