/**
 * Capture of VMs, once each, and the fan-out of their writes to lanes. The sink runs on the plugin's data threads; each captured VM has
 * one supervisor, a virtual thread.
 */
@NullMarked
package io.tidemark.replication.capture;

import org.jspecify.annotations.NullMarked;
