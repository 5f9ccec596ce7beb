/**
 * The seam over all file I/O of the journal: what is used in production, and where tests put faults in. Any thread.
 */
@NullMarked
package io.tidemark.journal.file;

import org.jspecify.annotations.NullMarked;
