/**
 * The REST interface under {@code /api/v1}, bound to {@code openapi.yaml} by operation id.
 *
 * <p>Parsing, checks and answers run on the event loop; every call of the control plane, a plugin or a file runs on a virtual thread.
 */
@NullMarked
package io.tidemark.server.rest;

import org.jspecify.annotations.NullMarked;
