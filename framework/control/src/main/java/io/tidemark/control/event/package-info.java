/**
 * Events (what happened, append-only) and alerts (what is wrong now). Any thread.
 */
@NullMarked
package io.tidemark.control.event;

import org.jspecify.annotations.NullMarked;
