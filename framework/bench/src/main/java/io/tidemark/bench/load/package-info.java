/**
 * Load for journals and capture: batches, offsets, journals of a given size, a protected volume. Each object is one thread's unless it says otherwise.
 */
@NullMarked
package io.tidemark.bench.load;

import org.jspecify.annotations.NullMarked;
