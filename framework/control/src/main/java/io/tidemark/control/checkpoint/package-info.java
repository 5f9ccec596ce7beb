/**
 * Checkpoints of a VPG: listing, tagging, pinning and choosing one. Any thread; calls block on journals or the other site.
 */
@NullMarked
package io.tidemark.control.checkpoint;

import org.jspecify.annotations.NullMarked;
