package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.guest.GuestDisk;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A disk as the guest of one boot sees it; of no use once the power was cut, even when it is back: a guest does not outlive its boot. */
final class BootedDisk implements GuestDisk {
    private final SimulatedDisk disk;
    private final int boot;

    BootedDisk(SimulatedDisk disk, int boot) {
        this.disk = disk;
        this.boot = boot;
    }

    @Override
    public String name() {
        return disk.id();
    }

    @Override
    public long sizeBytes() {
        return disk.sizeBytes();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        disk.read(boot, offset, into);
    }

    /** What is too long for one message is written in pieces, as a disk controller does. */
    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        ByteBuffer left = data.duplicate();
        long at = offset;
        while (left.hasRemaining()) {
            int lengthBytes = Math.min(left.remaining(), FilterProtocol.MOST_WRITE_BYTES);
            disk.command(boot, new Change.Write(at, left.slice(left.position(), lengthBytes)));
            left.position(left.position() + lengthBytes);
            at += lengthBytes;
        }
    }

    @Override
    public void zero(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        disk.command(boot, new Change.Zero(offset, lengthBytes, cause));
    }

    @Override
    public void flush() throws IOException {
        disk.command(boot, new Change.Flush());
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return disk.extents(offset, lengthBytes, Integer.MAX_VALUE);
    }
}
