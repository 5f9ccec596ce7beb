/**
 * Tests against the real libvirtd and QEMU of this host. They are skipped with the reason where those are missing, and fail there with
 * {@code CI=true}. Everything made is removed after each class, by name and never by sweep.
 */
@NullMarked
package io.tidemark.hypervisor.kvm;

import org.jspecify.annotations.NullMarked;
