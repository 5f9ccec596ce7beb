/**
 * The seam between the server and the data plane: what the data plane is given, and what it gives back.
 */
@NullMarked
package io.tidemark.server.wiring;

import org.jspecify.annotations.NullMarked;
