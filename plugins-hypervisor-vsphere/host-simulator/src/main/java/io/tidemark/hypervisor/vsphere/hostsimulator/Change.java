package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.DiskEvent;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What a guest asks of its disk, or what happens to it: told to the filter and done to the file. */
sealed interface Change {
    /** As the filter hears of it. */
    Message.Handed handed(long attachment, long sequence);

    /** Changes the contents. */
    void applyTo(FlatFile file) throws IOException;

    /** The bytes that it changes. */
    default long offset() {
        return 0;
    }

    default long lengthBytes() {
        return 0;
    }

    /** What it takes of an attachment's window. */
    default long windowBytes() {
        return FilterProtocol.WINDOW_OVERHEAD_BYTES;
    }

    /** Whether there may be a guest waiting for it. */
    default boolean isCommand() {
        return true;
    }

    record Write(long offset, ByteBuffer data) implements Change {
        @Override
        public Message.Handed handed(long attachment, long sequence) {
            return new Message.Write(attachment, sequence, offset, data);
        }

        @Override
        public void applyTo(FlatFile file) throws IOException {
            file.write(offset, data);
        }

        @Override
        public long lengthBytes() {
            return data.remaining();
        }

        @Override
        public long windowBytes() {
            return FilterProtocol.WINDOW_OVERHEAD_BYTES + data.remaining();
        }
    }

    record Zero(long offset, long lengthBytes, ZeroCause cause) implements Change {
        @Override
        public Message.Handed handed(long attachment, long sequence) {
            return new Message.Zero(attachment, sequence, offset, lengthBytes, cause);
        }

        @Override
        public void applyTo(FlatFile file) throws IOException {
            file.zero(offset, lengthBytes);
        }
    }

    record Flush() implements Change {
        @Override
        public Message.Handed handed(long attachment, long sequence) {
            return new Message.Flush(attachment, sequence);
        }

        @Override
        public void applyTo(FlatFile file) {}
    }

    record Event(DiskEvent event) implements Change {
        @Override
        public Message.Handed handed(long attachment, long sequence) {
            return new Message.Event(attachment, sequence, event);
        }

        @Override
        public void applyTo(FlatFile file) {}

        @Override
        public boolean isCommand() {
            return false;
        }
    }
}
