/**
 * The storage side of simulated ESXi hosts: disks with contents, the guests that write to them, change tracking, and the endpoint that
 * an I/O filter attaches to.
 *
 * <p>Guests run on threads of their own and on those of console requests. A filter connection has three threads: one reads, one sends, one
 * reads disks. Locks are taken in this order: host, VM, disk, attachment, connection.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.hostsimulator;

import org.jspecify.annotations.NullMarked;
