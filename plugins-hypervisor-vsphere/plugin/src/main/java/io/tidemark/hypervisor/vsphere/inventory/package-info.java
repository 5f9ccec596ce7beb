/**
 * What the vCenter has: one property collector that is asked for changes, the objects as they were told, and the VMs among them in Tidemark's
 * words. Any thread; each question first catches up with the vCenter, so an answer is never older than the question.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.inventory;

import org.jspecify.annotations.NullMarked;
