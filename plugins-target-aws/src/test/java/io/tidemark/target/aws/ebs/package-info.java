/** Parts of the target by themselves. */
@NullMarked
package io.tidemark.target.aws.ebs;

import org.jspecify.annotations.NullMarked;
