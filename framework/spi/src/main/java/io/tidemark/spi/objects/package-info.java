/**
 * Stores of immutable named objects (buckets): what a journal, its index and its checkpoints can be kept in beside or instead of local disks.
 *
 * <p>All calls block, take a deadline and may come from any thread.
 */
@NullMarked
package io.tidemark.spi.objects;

import org.jspecify.annotations.NullMarked;
