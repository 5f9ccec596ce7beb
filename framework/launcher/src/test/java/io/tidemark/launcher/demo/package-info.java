/** Tests of the demo. */
@NullMarked
package io.tidemark.launcher.demo;

import org.jspecify.annotations.NullMarked;
