/**
 * The recovery side: one keeper, with one platform thread, per journal.
 */
@NullMarked
package io.tidemark.replication.receive;

import org.jspecify.annotations.NullMarked;
