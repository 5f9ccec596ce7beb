/**
 * A hypervisor site over libvirt and QEMU: inventory, power, write capture by block copy, live reading, recovery onto overlays, and sample
 * VMs.
 *
 * <p>Control calls come on the host's virtual threads and hand each libvirt call to a pool of platform threads, because a native call
 * would pin its carrier and knows no deadline. Captured writes come on the threads of the host's NBD server. One watchdog thread per site
 * looks after captures and calls nothing that can block.
 */
@NullMarked
package io.tidemark.hypervisor.kvm;

import org.jspecify.annotations.NullMarked;
