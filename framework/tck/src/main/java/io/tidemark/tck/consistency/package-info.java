/**
 * Judging whether what a checkpoint shows of several disks is a state that a power cut could have left: for tests that know every write.
 */
@NullMarked
package io.tidemark.tck.consistency;

import org.jspecify.annotations.NullMarked;
