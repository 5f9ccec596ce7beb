/**
 * A hypervisor site: its inventory, and the facets that capture, read and run VMs.
 */
@NullMarked
package io.tidemark.spi.site;

import org.jspecify.annotations.NullMarked;
