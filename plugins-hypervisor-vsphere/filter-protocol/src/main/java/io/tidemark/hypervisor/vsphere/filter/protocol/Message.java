package io.tidemark.hypervisor.vsphere.filter.protocol;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/** One message. Buffers are read-only and stand at their start; who reads one takes a duplicate. */
public sealed interface Message {
    /** Client, first: who it is, and a nonce for the host to prove itself with. */
    record Hello(int version, UUID client, ByteBuffer nonce, String name) implements Message {}

    /** Host: its proof, and a nonce for the client. */
    record Challenge(int version, UUID host, ByteBuffer nonce, ByteBuffer proof) implements Message {}

    /** Client: its proof. */
    record Proof(ByteBuffer proof) implements Message {}

    /** Host: the client is let in. A side that hears nothing for the idle time gives the connection up. */
    record Welcome(int idleMillis) implements Message {}

    /** Either side: the connection ends, and why. */
    record Refuse(String reason) implements Message {}

    /** Either side, when nothing was sent for a third of the idle time. */
    record Ping() implements Message {}

    /** Client, last: the connection ends; the attachments wait for another one. */
    record Bye() implements Message {}

    /** A message that has an answer with the same request number. */
    sealed interface Request extends Message {
        int request();
    }

    /** All disks. */
    record ListDisks(int request) implements Request {}

    /** Hands this client every write of the disk from now on. */
    record Attach(int request, String disk, AttachMode mode, int timeLimitMillis, int windowBytes) implements Request {}

    /**
     * Goes on with an attachment on this connection.
     *
     * @param received the last sequence that arrived
     * @param completed up to which all is completed
     */
    record Resume(int request, long attachment, long received, long completed) implements Request {}

    /** Ends an attachment. */
    record Detach(int request, long attachment) implements Request {}

    /** Contents of a disk. */
    record Read(int request, String disk, long offset, int lengthBytes) implements Request {}

    /** Which parts of a range may hold something else than zeroes. */
    record Extents(int request, String disk, long offset, long lengthBytes) implements Request {}

    /** What the host knows of an attachment. */
    record Status(int request, long attachment) implements Request {}

    /** The answer to the request with the same number. */
    sealed interface Answer extends Message {
        int request();
    }

    /** To {@link ListDisks}. */
    record Disks(int request, List<DiskInfo> disks) implements Answer {}

    /** To {@link Attach}. */
    record Attached(int request, long attachment, long sizeBytes, boolean powered, int powerOns) implements Answer {}

    /** To {@link Resume} and {@link Status}. */
    record State(int request, AttachmentState state) implements Answer {}

    /** To {@link Detach}. */
    record Detached(int request) implements Answer {}

    /**
     * To {@link Read}.
     *
     * @param sequence the bytes are those after this sequence of the disk's attachment, and before the next; 0 without attachment
     */
    record Data(int request, long sequence, ByteBuffer data) implements Answer {}

    /** To {@link Extents}: the start of the range, without gaps and in order; more is asked for from where it ends. */
    record ExtentList(int request, long offset, List<BlockExtent> extents) implements Answer {}

    /** To any request that was not done. */
    record Failed(int request, Kind kind, String reason) implements Answer {
        /** The order is the wire's. */
        public enum Kind {
            /** No such disk or attachment, or a request that is wrong in itself. */
            REJECTED,
            /** The disk failed. */
            DISK_FAILED,
            /** The same request may be done later. */
            BUSY
        }
    }

    /** What an attachment is handed, numbered 1, 2, 3, …; each has to be completed. */
    sealed interface Handed extends Message {
        long attachment();

        long sequence();
    }

    /** The guest writes. */
    record Write(long attachment, long sequence, long offset, ByteBuffer data) implements Handed {}

    /** The guest zeroes or discards a range. */
    record Zero(long attachment, long sequence, long offset, long lengthBytes, ZeroCause cause) implements Handed {}

    /** The guest flushes. */
    record Flush(long attachment, long sequence) implements Handed {}

    /** Something happened; nobody waits for its completion. */
    record Event(long attachment, long sequence, DiskEvent event) implements Handed {}

    /** Host: an attachment has ended; nothing more comes for it. */
    record Gap(AttachmentState state) implements Message {}

    /** Client: everything up to a sequence is completed. */
    record Complete(List<Upto> all) implements Message {
        /** Of one attachment. */
        public record Upto(long attachment, long sequence) {}
    }
}
