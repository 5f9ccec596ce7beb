package io.tidemark.hypervisor.vsphere.filter.protocol;

/**
 * A disk that a filter can attach to.
 *
 * @param id names it in this protocol: managed object id of its VM, a slash, device key
 * @param path of the flat file on the host
 */
public record DiskInfo(String id, String vm, String vmName, String path, long sizeBytes, boolean powered) {}
