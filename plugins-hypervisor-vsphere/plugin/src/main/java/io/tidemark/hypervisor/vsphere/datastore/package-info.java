/**
 * Files of a datastore over the vCenter's HTTPS access: upload, ranged download, folders, deletion; and VMDK disks made of them. Any thread.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.datastore;

import org.jspecify.annotations.NullMarked;
