/**
 * Identities that cross module and plugin borders. Plain values: any thread.
 */
@NullMarked
package io.tidemark.spi.id;

import org.jspecify.annotations.NullMarked;
