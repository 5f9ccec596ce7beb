/** Datastore paths and disk descriptors. */
@NullMarked
package io.tidemark.hypervisor.vsphere.datastore;

import org.jspecify.annotations.NullMarked;
