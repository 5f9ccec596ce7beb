/**
 * {@code tidemark journal}: explains the files of a journal that no server has open. It opens the journal as a server would, but keeps every
 * change that this makes beside it, so that nothing of the journal itself is changed. One thread.
 */
@NullMarked
package io.tidemark.launcher.journal;

import org.jspecify.annotations.NullMarked;
