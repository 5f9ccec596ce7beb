/**
 * What was measured, and what it means: samples, ratios, bars, and how they are printed. Values only; one thread.
 */
@NullMarked
package io.tidemark.bench.measure;

import org.jspecify.annotations.NullMarked;
