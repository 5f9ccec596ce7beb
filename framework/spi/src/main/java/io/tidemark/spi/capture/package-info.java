/**
 * Write capture: every write of a running VM copied as it happens, in an order the guest could have seen.
 *
 * <p>{@link io.tidemark.spi.capture.CaptureSink} is called on the plugin's data threads; everything else on the host's virtual threads.
 */
@NullMarked
package io.tidemark.spi.capture;

import org.jspecify.annotations.NullMarked;
