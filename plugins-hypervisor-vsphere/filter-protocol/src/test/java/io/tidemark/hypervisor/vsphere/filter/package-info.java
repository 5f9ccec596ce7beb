/** Tests of the filter client against hosts that misbehave; the ones against a real host are in the host simulator. */
@NullMarked
package io.tidemark.hypervisor.vsphere.filter;

import org.jspecify.annotations.NullMarked;
