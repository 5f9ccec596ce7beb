/**
 * The one checked exception of the SPI, and the kind of failure that decides what the host does next.
 */
@NullMarked
package io.tidemark.spi.error;

import org.jspecify.annotations.NullMarked;
