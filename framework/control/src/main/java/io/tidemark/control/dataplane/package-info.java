/**
 * What the control plane asks of the data plane. Control owns these interfaces; the server wires them to capture, replication and the
 * journals. All calls block and are made on virtual threads; listeners are called on data-plane threads and must return at once.
 */
@NullMarked
package io.tidemark.control.dataplane;

import org.jspecify.annotations.NullMarked;
