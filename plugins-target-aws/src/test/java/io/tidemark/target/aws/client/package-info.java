/** Parts of the target by themselves. */
@NullMarked
package io.tidemark.target.aws.client;

import org.jspecify.annotations.NullMarked;
