/**
 * The filter protocol, version 1, on the wire: messages, frames, and the handshake in which both sides prove that they know the secret. The
 * format is drawn in {@code docs/format/filter-protocol.md}.
 *
 * <p>Values are immutable. A {@link io.tidemark.hypervisor.vsphere.filter.protocol.FilterConnection} has one reading and one writing thread.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.filter.protocol;

import org.jspecify.annotations.NullMarked;
