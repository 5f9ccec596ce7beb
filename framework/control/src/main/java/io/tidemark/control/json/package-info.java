/**
 * JSON as the catalog and the peers see it. Any thread.
 */
@NullMarked
package io.tidemark.control.json;

import org.jspecify.annotations.NullMarked;
