/**
 * The demo: two sites, real or simulated VMs that keep a ledger, a disaster, and the way back; told on the console and in a report whose
 * every figure is measured in the run.
 *
 * <p>It works as a user does, over the REST API of each site. Only what a user does by looking at guests and disks (running the
 * workload, comparing blocks) goes to the hypervisor and the journals directly. Everything runs on the main thread but the workload, a
 * virtual thread.
 */
@NullMarked
package io.tidemark.launcher.demo;

import org.jspecify.annotations.NullMarked;
