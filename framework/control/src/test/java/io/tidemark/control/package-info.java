/** Tests of the control plane through its facade. */
@NullMarked
package io.tidemark.control;

import org.jspecify.annotations.NullMarked;
