/**
 * Measured figures for reports, kept in memory since start. Any thread.
 */
@NullMarked
package io.tidemark.control.report;

import org.jspecify.annotations.NullMarked;
