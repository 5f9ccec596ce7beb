/**
 * The batch: the unit that travels from the sender to the journal file as it is. Owns its bytes (drawn in {@code docs/format/journal.md}),
 * compression and checksums. No I/O; each object belongs to one thread at a time.
 */
@NullMarked
package io.tidemark.journal.batch;

import org.jspecify.annotations.NullMarked;
