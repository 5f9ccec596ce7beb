/**
 * The command {@code bench}: which benchmarks there are, and how a person runs them. One thread; a shutdown hook cleans up.
 */
@NullMarked
package io.tidemark.bench;

import org.jspecify.annotations.NullMarked;
