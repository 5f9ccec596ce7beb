/**
 * Serving journal contents over NBD.
 */
@NullMarked
package io.tidemark.replication.serve;

import org.jspecify.annotations.NullMarked;
