/**
 * The benchmarks, one class each, and what a run gives to them. One thread.
 */
@NullMarked
package io.tidemark.bench.suite;

import org.jspecify.annotations.NullMarked;
