/**
 * Sites: this one, the peers it is paired with, and its configured hypervisor instances. Any thread; calls block on the catalog.
 */
@NullMarked
package io.tidemark.control.site;

import org.jspecify.annotations.NullMarked;
