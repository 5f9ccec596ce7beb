package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.AttachSpec;
import io.tidemark.hypervisor.vsphere.filter.FilterAttachment;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.WriteListener;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskEvent;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskInfo;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** The SPI's capture on nothing but {@link FilterClient}: the proof that it suffices, and a model for the plugin's. */
final class FilterCapture implements WriteCapture {
    private final FilterClient client;

    FilterCapture(FilterClient client) {
        this.client = client;
    }

    @Override
    public CaptureSession attach(VmId vm, List<VolumeId> volumes, CaptureSink sink, Deadline deadline)
            throws ProviderException {
        if (volumes.isEmpty() || new HashSet<>(volumes).size() != volumes.size()) {
            throw refusal(FailureKind.REJECTED, "its volumes have to be named, each once");
        }
        Session session = new Session();
        try {
            Map<String, DiskInfo> disks = new HashMap<>();
            client.disks(deadline).forEach(disk -> disks.put(disk.id(), disk));
            for (VolumeId volume : volumes) {
                DiskInfo disk = disks.get(volume.value());
                if (disk == null || !disk.vm().equals(vm.value()) || !disk.powered()) {
                    throw refusal(FailureKind.REJECTED, volume + " is no disk of the VM, or the VM is off");
                }
            }
            for (VolumeId volume : volumes) {
                Lane lane = new Lane(volume, sink);
                session.lanes.add(lane.attach(client, deadline));
            }
            return session;
        } catch (IOException failed) {
            session.close();
            throw refusal(FailureKind.UNREACHABLE, String.valueOf(failed.getMessage()));
        } catch (ProviderException refused) {
            session.close();
            throw refused;
        }
    }

    static ProviderException refusal(FailureKind kind, String why) {
        return new ProviderException(kind, "The VM is not captured", why, "Look at the host.");
    }

    /** One volume's way from the filter to the sink. */
    private static final class Lane implements WriteListener {
        private final VolumeId volume;
        private final CaptureSink sink;
        private final CountDownLatch begun = new CountDownLatch(1);
        private volatile @Nullable LossCause lost;
        private @Nullable FilterAttachment attachment;

        Lane(VolumeId volume, CaptureSink sink) {
            this.volume = volume;
            this.sink = sink;
        }

        Lane attach(FilterClient client, Deadline deadline) throws IOException {
            attachment = client.attach(
                    new AttachSpec(
                            volume.value(),
                            AttachMode.HOLD,
                            FilterProtocol.LONGEST_TIME_LIMIT,
                            FilterProtocol.DEFAULT_WINDOW_BYTES),
                    this,
                    deadline);
            sink.onSynchronous(volume);
            begun.countDown();
            return this;
        }

        FilterAttachment attachment() {
            FilterAttachment attached = attachment;
            if (attached == null) {
                throw new IllegalStateException("not attached");
            }
            return attached;
        }

        @Override
        public void onWrite(FilterAttachment disk, long sequence, long offset, ByteBuffer data) {
            if (isOpen()) {
                sink.onWrite(volume, offset, data);
            }
            disk.complete(sequence);
        }

        @Override
        public void onZero(FilterAttachment disk, long sequence, long offset, long lengthBytes, ZeroCause cause) {
            if (isOpen()) {
                sink.onZero(volume, offset, lengthBytes, cause);
            }
            disk.complete(sequence);
        }

        @Override
        public void onEvent(FilterAttachment disk, DiskEvent event) {
            switch (event.kind()) {
                case POWER_OFF -> lose(LossCause.VM_STOPPED, "the VM was powered off");
                case RESIZED -> lose(LossCause.VOLUME_CHANGED, "the disk was resized to " + event.value());
                case POWER_ON, SNAPSHOT -> isOpen();
            }
        }

        @Override
        public void onGap(FilterAttachment disk, AttachmentState state) {
            GapCause cause = state.gap().orElse(GapCause.UNKNOWN);
            LossCause told =
                    switch (cause) {
                        case DISK_REMOVED, DISK_CHANGED -> LossCause.VOLUME_CHANGED;
                        case FILTER_LOST, UNKNOWN -> LossCause.CONNECTION_LOST;
                        case FILTER_SLOW, OVERFLOW, TAKEN_OVER, DISK_FAILED, LISTENER_FAILED ->
                            LossCause.CAPTURE_FAILED;
                    };
            lose(told, cause + ": " + state.detail());
        }

        void confirm(Deadline deadline) throws ProviderException {
            AttachmentState state;
            try {
                state = attachment().status(deadline);
            } catch (IOException unknown) {
                throw refusal(FailureKind.RETRY_LATER, String.valueOf(unknown.getMessage()));
            }
            LossCause loss = lost;
            boolean stoppedSince = loss == LossCause.VM_STOPPED
                    && !state.powered()
                    && state.powerOns() == attachment().powerOnsAtStart();
            if (state.gap().isPresent() || (loss != null && !stoppedSince)) {
                throw refusal(FailureKind.CONTINUITY_LOST, volume + " lost its continuity: " + state);
            }
        }

        /** Waits until the sink has been told that the volume is synchronous. */
        private boolean isOpen() {
            try {
                begun.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted before the capture began", stopped);
            }
            return lost == null;
        }

        private void lose(LossCause cause, String detail) {
            if (isOpen()) {
                lost = cause;
                sink.onContinuityLost(volume, cause, detail);
            }
        }
    }

    private static final class Session implements CaptureSession {
        private final List<Lane> lanes = new ArrayList<>();

        @Override
        public void confirmContinuity(Deadline deadline) throws ProviderException {
            for (Lane lane : lanes) {
                lane.confirm(deadline);
            }
        }

        @Override
        public void close() {
            lanes.forEach(lane -> lane.attachment().close());
        }
    }
}
