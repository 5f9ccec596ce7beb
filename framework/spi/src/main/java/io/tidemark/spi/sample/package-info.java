/**
 * Small real VMs that prove protection works: for the demo, the contract suites and an operator's rehearsal.
 */
@NullMarked
package io.tidemark.spi.sample;

import org.jspecify.annotations.NullMarked;
