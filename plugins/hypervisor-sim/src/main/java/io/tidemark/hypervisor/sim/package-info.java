/**
 * A hypervisor whose VMs live in this process: simulated computers with real disks, which are sparse files in one folder.
 *
 * <p>The package starts no thread. Every call runs on the thread of its caller; a guest's write runs on the thread that called the guest's
 * console, through the disk and the capture, and is acknowledged by returning.
 */
@NullMarked
package io.tidemark.hypervisor.sim;

import org.jspecify.annotations.NullMarked;
