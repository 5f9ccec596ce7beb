/** Tests of how checkpoints are chosen. */
@NullMarked
package io.tidemark.control.checkpoint;

import org.jspecify.annotations.NullMarked;
