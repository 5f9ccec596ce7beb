/**
 * What runs inside simulated guests, over nothing but their disks: a ledger that proves itself, a ransomware run, random writes. Each
 * simulated hypervisor brings its own disks and power.
 *
 * <p>A {@link io.tidemark.guest.LedgerProgram} runs on the threads of its callers, a {@link io.tidemark.guest.RandomWriter} on threads of
 * its own.
 */
@NullMarked
package io.tidemark.guest;

import org.jspecify.annotations.NullMarked;
