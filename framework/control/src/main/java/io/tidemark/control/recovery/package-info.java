/**
 * Recovery operations: failover test and live failover with commit and rollback, each a persisted state machine of named steps.
 *
 * <p>An operation runs on a virtual thread of its own at the recovery site; the protected site forwards requests.
 */
@NullMarked
package io.tidemark.control.recovery;

import org.jspecify.annotations.NullMarked;
