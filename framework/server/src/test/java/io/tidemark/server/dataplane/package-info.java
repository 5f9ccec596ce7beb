/** How the data plane's words become control's. */
@NullMarked
package io.tidemark.server.dataplane;

import org.jspecify.annotations.NullMarked;
