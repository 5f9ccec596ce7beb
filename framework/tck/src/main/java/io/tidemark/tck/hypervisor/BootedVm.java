package io.tidemark.tck.hypervisor;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.site.VmDescription;
import java.time.Duration;
import java.util.List;

/** A sample VM that a suite booted: its console, and the number of the last entry of each ledger. One thread at a time. */
final class BootedVm implements AutoCloseable {
    private final VmDescription description;
    private final Duration timeLimit;
    private final long[] lastNumbers;
    private SampleVm console;

    BootedVm(SampleVm console, VmDescription description, Duration timeLimit) {
        this.console = console;
        this.description = description;
        this.timeLimit = timeLimit;
        this.lastNumbers = new long[description.volumes().size()];
    }

    /** A VM whose ledgers already have entries. */
    BootedVm(SampleVm console, VmDescription description, Duration timeLimit, int[] entries) {
        this(console, description, timeLimit);
        for (int disk = 0; disk < entries.length; disk++) {
            lastNumbers[disk] = entries[disk];
        }
    }

    VmId id() {
        return description.id();
    }

    String name() {
        return description.name();
    }

    VmDescription description() {
        return description;
    }

    VolumeId volume(int disk) {
        return description.volumes().get(disk).id();
    }

    long sizeBytes(int disk) {
        return description.volumes().get(disk).sizeBytes();
    }

    List<VolumeId> volumes() {
        return description.volumes().stream().map(volume -> volume.id()).toList();
    }

    SampleVm console() {
        return console;
    }

    /** Replaces the console after a reboot. */
    void reconnected(SampleVm fresh) {
        console.close();
        console = fresh;
    }

    /** Appends the next entry of a disk's ledger. */
    void append(int disk) throws ProviderException {
        console.append(disk, lastNumbers[disk] + 1, Deadline.after(timeLimit));
        lastNumbers[disk]++;
    }

    /** Number of the last entry that was acknowledged. */
    long lastNumber(int disk) {
        return lastNumbers[disk];
    }

    @Override
    public void close() {
        console.close();
    }
}
