/** The settings of one vCenter, checked. Values: any thread. */
@NullMarked
package io.tidemark.hypervisor.vsphere.config;

import org.jspecify.annotations.NullMarked;
