package io.tidemark.pluginhost;

import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import java.util.List;

/** Guards attaching capture. The sink is passed on as it is: the data path goes through no guard. */
final class GuardedWriteCapture implements WriteCapture {
    private final WriteCapture inner;
    private final Guard guard;

    GuardedWriteCapture(WriteCapture inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public CaptureSession attach(VmId vm, List<VolumeId> volumes, CaptureSink sink, Deadline deadline)
            throws ProviderException {
        Guard.argument("vm", vm);
        Guard.argument("sink", sink);
        List<VolumeId> copy = List.copyOf(volumes);
        if (copy.isEmpty() || copy.stream().distinct().count() != copy.size()) {
            throw new IllegalArgumentException("volumes must be some and no one twice: " + copy);
        }
        CaptureSession session =
                guard.call("WriteCapture.attach", deadline, () -> inner.attach(vm, copy, sink, deadline));
        return new GuardedCaptureSession(session, guard);
    }
}
