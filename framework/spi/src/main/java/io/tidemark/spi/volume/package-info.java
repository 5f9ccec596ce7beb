/**
 * Reading a protected volume while its VM runs: the source of sync by reading (delta and bitmap sync, and initial sync of a second VPG).
 */
@NullMarked
package io.tidemark.spi.volume;

import org.jspecify.annotations.NullMarked;
