/** The target against moto and the strict fake of EBS direct. */
@NullMarked
package io.tidemark.target.aws;

import org.jspecify.annotations.NullMarked;
