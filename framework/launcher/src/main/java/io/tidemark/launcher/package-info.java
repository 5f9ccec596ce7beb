/**
 * The program behind {@code ./tidemark}: chooses between the server, the demo and the command line client, and brings the plugins that
 * ship with it.
 */
@NullMarked
package io.tidemark.launcher;

import org.jspecify.annotations.NullMarked;
