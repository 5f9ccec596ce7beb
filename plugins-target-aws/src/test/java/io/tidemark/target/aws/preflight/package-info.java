/** Parts of the target by themselves. */
@NullMarked
package io.tidemark.target.aws.preflight;

import org.jspecify.annotations.NullMarked;
