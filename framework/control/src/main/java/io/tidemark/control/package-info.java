/**
 * The control plane of a site: one facade, {@link io.tidemark.control.ControlPlane}, with one interface per noun.
 *
 * <p>Facade calls block (SQLite, hypervisors, peers) and are made on virtual or worker threads, never on an event loop.
 */
@NullMarked
package io.tidemark.control;

import org.jspecify.annotations.NullMarked;
