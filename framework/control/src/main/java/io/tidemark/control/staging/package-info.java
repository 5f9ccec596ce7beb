/**
 * Pre-staging at the recovery site: brings the newest checkpoint of each VPG to its recovery target from time to time, so that a recovery
 * writes only what differs from there. Owns which checkpoints are staged, and which are kept from ageing for that. Runs on virtual threads
 * of its own, one per VPG at most, never in a mailbox.
 */
@NullMarked
package io.tidemark.control.staging;

import org.jspecify.annotations.NullMarked;
