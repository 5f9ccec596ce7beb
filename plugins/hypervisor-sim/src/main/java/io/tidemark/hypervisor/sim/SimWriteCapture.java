package io.tidemark.hypervisor.sim;

import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.PowerState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Captures the writes of running simulated VMs. A VM that is off is refused; a volume that another session captures is taken over, and
 * that session hears of it.
 */
final class SimWriteCapture implements WriteCapture {
    private final SimulatedHost host;

    SimWriteCapture(SimulatedHost host) {
        this.host = host;
    }

    @Override
    public CaptureSession attach(VmId vm, List<VolumeId> volumes, CaptureSink sink, Deadline deadline)
            throws ProviderException {
        host.requireReachable(deadline);
        SimulatedVm captured = host.require(vm);
        if (volumes.isEmpty() || new HashSet<>(volumes).size() != volumes.size()) {
            throw Refusal.unfit("VM " + vm + " is not captured", "its volumes have to be named, each once");
        }
        List<VirtualDisk> disks = new ArrayList<>();
        for (VolumeId volume : volumes) {
            disks.add(captured.find(volume).orElseThrow(() -> Refusal.unknownVolume(volume)));
        }
        if (captured.record().power() != PowerState.RUNNING) {
            throw Refusal.vmIsOff(vm);
        }
        Session session = new Session(vm);
        try {
            for (VirtualDisk disk : disks) {
                session.add(disk, disk.attach(sink));
            }
            return session;
        } catch (IOException poweredOffMeanwhile) {
            session.close();
            throw Refusal.vmIsOff(vm);
        }
    }

    /** The pipes of one attach. */
    private static final class Session implements CaptureSession {
        private final VmId vm;
        private final List<Attachment> attachments = new ArrayList<>();

        Session(VmId vm) {
            this.vm = vm;
        }

        void add(VirtualDisk disk, CapturePipe pipe) {
            attachments.add(new Attachment(disk, pipe));
        }

        @Override
        public void confirmContinuity(Deadline deadline) throws ProviderException {
            for (Attachment each : attachments) {
                if (!each.disk().missedNothing(each.pipe())) {
                    throw Refusal.continuityLost(vm, each.disk().volume());
                }
            }
        }

        @Override
        public void close() {
            attachments.forEach(each -> each.disk().detach(each.pipe()));
        }
    }

    private record Attachment(VirtualDisk disk, CapturePipe pipe) {}
}
