/** Tests of pre-staging's pure parts. */
@NullMarked
package io.tidemark.control.staging;

import org.jspecify.annotations.NullMarked;
