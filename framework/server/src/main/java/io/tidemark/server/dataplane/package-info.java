/**
 * The data plane of a site: replication and journals behind the interfaces that control owns. Translation only; no state but what is open.
 */
@NullMarked
package io.tidemark.server.dataplane;

import org.jspecify.annotations.NullMarked;
