/** Tests of the recovery side that need no lane. */
@NullMarked
package io.tidemark.replication.receive;

import org.jspecify.annotations.NullMarked;
