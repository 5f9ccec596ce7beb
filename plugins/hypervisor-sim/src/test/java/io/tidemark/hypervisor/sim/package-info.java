/** The simulated hypervisor passes the contract suites, and the suites find out hypervisors that are wrong. */
@NullMarked
package io.tidemark.hypervisor.sim;

import org.jspecify.annotations.NullMarked;
