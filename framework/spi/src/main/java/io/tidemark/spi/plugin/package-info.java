/**
 * What a plugin offers to the host (factories, found by PF4J) and what the host offers to a plugin instance.
 *
 * <p>Control calls block and take a {@link io.tidemark.spi.plugin.Deadline}; the host makes them on virtual threads.
 */
@NullMarked
package io.tidemark.spi.plugin;

import org.jspecify.annotations.NullMarked;
