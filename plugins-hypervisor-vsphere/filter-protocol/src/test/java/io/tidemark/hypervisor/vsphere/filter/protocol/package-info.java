/** Tests of the filter protocol's frames and handshake. */
@NullMarked
package io.tidemark.hypervisor.vsphere.filter.protocol;

import org.jspecify.annotations.NullMarked;
