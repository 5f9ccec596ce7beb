/**
 * The journal engine: the ordered writes of one VM in one VPG, its checkpoints, and the base images below them; views of any volume at any
 * kept checkpoint. {@code docs/format/journal.md} draws every file.
 *
 * <p>Threads: one owner at a time appends, syncs, adds checkpoints and ages; views are opened and read by any thread meanwhile.
 */
@NullMarked
package io.tidemark.journal;

import org.jspecify.annotations.NullMarked;
