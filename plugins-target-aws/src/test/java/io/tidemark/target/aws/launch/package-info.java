/** Parts of the target by themselves. */
@NullMarked
package io.tidemark.target.aws.launch;

import org.jspecify.annotations.NullMarked;
