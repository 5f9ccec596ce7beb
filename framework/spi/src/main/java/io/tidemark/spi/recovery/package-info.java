/**
 * Bringing recovered VMs to life: on a hypervisor site, or anywhere else a plugin can recover to.
 */
@NullMarked
package io.tidemark.spi.recovery;

import org.jspecify.annotations.NullMarked;
