/**
 * Tests of {@code tidemark journal}.
 */
@NullMarked
package io.tidemark.launcher.journal;

import org.jspecify.annotations.NullMarked;
