/** Reading answers of vCenters, real ones and others. */
@NullMarked
package io.tidemark.hypervisor.vsphere.vim;

import org.jspecify.annotations.NullMarked;
