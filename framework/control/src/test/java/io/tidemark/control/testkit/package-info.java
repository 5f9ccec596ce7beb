/**
 * Fakes of the data plane, a clock that tests move, and two sites wired back to back. The fakes keep what a disk or a hypervisor would
 * keep when the control plane's process dies.
 */
@NullMarked
package io.tidemark.control.testkit;

import org.jspecify.annotations.NullMarked;
