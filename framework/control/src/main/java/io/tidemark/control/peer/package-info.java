/**
 * Requests between the managers of paired sites: typed calls out, verbs in. Any virtual thread.
 */
@NullMarked
package io.tidemark.control.peer;

import org.jspecify.annotations.NullMarked;
