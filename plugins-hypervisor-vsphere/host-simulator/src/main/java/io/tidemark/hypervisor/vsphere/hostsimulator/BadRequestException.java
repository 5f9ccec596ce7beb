package io.tidemark.hypervisor.vsphere.hostsimulator;

/** What was asked for makes no sense, and was not done. */
final class BadRequestException extends Exception {
    BadRequestException(String message) {
        super(message);
    }
}
