/**
 * The journal engine: the ordered writes of one VM in one VPG, its checkpoints, and the base images below them; views of any volume at any
 * kept checkpoint. {@code docs/format/journal.md} draws every file.
 *
 * <p>Threads: one owner at a time appends, syncs and adds checkpoints; one more thread may age and thin out history meanwhile; a thread of the background merges
 * indexes; views are opened and read by any thread.
 */
@NullMarked
package io.tidemark.journal;

import org.jspecify.annotations.NullMarked;
