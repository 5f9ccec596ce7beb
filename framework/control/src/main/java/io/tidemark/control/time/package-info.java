/**
 * When things happen: delayed and periodic work behind an interface, so that tests own the time.
 *
 * <p>Work runs on virtual threads.
 */
@NullMarked
package io.tidemark.control.time;

import org.jspecify.annotations.NullMarked;
