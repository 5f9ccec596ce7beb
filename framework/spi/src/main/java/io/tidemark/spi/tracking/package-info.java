/**
 * Protection without write capture: the disks of a VM are frozen at a moment, what changed since the last such moment is asked for and read, and
 * each moment becomes one checkpoint. For hypervisors that cannot show each write as it happens.
 *
 * <p>Called on the host's virtual threads; calls block.
 */
@NullMarked
package io.tidemark.spi.tracking;

import org.jspecify.annotations.NullMarked;
