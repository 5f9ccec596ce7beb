package io.tidemark.spi.sample;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;

/**
 * The console of a sample VM. Calls are answered by the program inside the guest, one at a time.
 *
 * <p>Each disk holds a ledger: entries 1, 2, 3, …, each carrying its number and a digest chained from the entry before it, so that the
 * guest itself can tell a complete ledger from one with a hole or a changed entry.
 */
public interface SampleVm extends AutoCloseable {
    VmId id();

    /**
     * Appends entry {@code number} to the ledger of a disk, and returns after the guest's storage acknowledged it as written.
     *
     * @param disk index into the spec's disks
     * @param number one more than the disk's last entry
     */
    void append(int disk, long number, Deadline deadline) throws ProviderException;

    /** Overwrites ledger and data of a disk with noise, as ransomware would; returns once written. */
    void scramble(int disk, Deadline deadline) throws ProviderException;

    /** Writes out everything that the guest holds in memory. */
    void sync(Deadline deadline) throws ProviderException;

    /** Reads the ledger of a disk inside the guest and verifies it there. */
    LedgerReport report(int disk, Deadline deadline) throws ProviderException;

    /** Lets go of the console; the VM runs on. */
    @Override
    void close();

    /**
     * What the guest found.
     *
     * @param entries number of the last entry of the unbroken chain, 0 when there is none
     * @param intact whether the ledger ends there; false when garbage or a broken link follows
     */
    record LedgerReport(long entries, boolean intact) {}
}
