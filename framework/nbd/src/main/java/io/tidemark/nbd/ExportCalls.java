package io.tidemark.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls the export of one connection and turns whatever it throws into the error for the client; null means success. */
final class ExportCalls {
    private final ServedExport served;
    private final NbdExport export;

    ExportCalls(ServedExport served) {
        this.served = served;
        this.export = served.export();
    }

    @Nullable NbdError read(long offset, ByteBuffer into) {
        int lengthBytes = into.remaining();
        try {
            export.read(offset, into);
            if (into.hasRemaining()) {
                // What is left in the buffer belongs to an earlier reply.
                throw new IllegalStateException("the export left " + into.remaining() + " bytes of a read unfilled");
            }
            return null;
        } catch (IOException | RuntimeException e) {
            return failed("read", offset, lengthBytes, e);
        }
    }

    @Nullable NbdError write(long offset, ByteBuffer data) {
        int lengthBytes = data.remaining();
        try {
            export.write(offset, data);
            return null;
        } catch (IOException | RuntimeException e) {
            return failed("write", offset, lengthBytes, e);
        }
    }

    @Nullable NbdError writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) {
        try {
            export.writeZeroes(offset, lengthBytes, mode);
            return null;
        } catch (IOException | RuntimeException e) {
            return failed("writeZeroes", offset, lengthBytes, e);
        }
    }

    @Nullable NbdError trim(long offset, long lengthBytes) {
        try {
            export.trim(offset, lengthBytes);
            return null;
        } catch (IOException | RuntimeException e) {
            return failed("trim", offset, lengthBytes, e);
        }
    }

    @Nullable NbdError flush() {
        try {
            export.flush();
            return null;
        } catch (IOException | RuntimeException e) {
            return failed("flush", 0, 0, e);
        }
    }

    /** Appends the block status of the range to {@code into}: pairs of length and flags, at most {@code limit} of them. */
    @Nullable NbdError extents(long offset, long lengthBytes, ByteBuffer into, int limit) {
        try {
            putStatus(export.extents(offset, lengthBytes), offset, offset + lengthBytes, into, limit);
            return null;
        } catch (IOException | RuntimeException e) {
            return failed("extents", offset, lengthBytes, e);
        }
    }

    private static void putStatus(List<NbdExtent> extents, long start, long end, ByteBuffer into, int limit) {
        long next = start;
        int pairs = 0;
        int last = -1;
        for (NbdExtent extent : extents) {
            if (extent.offset() > next || extent.endOffset() <= next) {
                throw new IllegalStateException(extent + " does not follow " + next);
            }
            int lengthBytes = (int) (Math.min(extent.endOffset(), end) - next);
            int flags = extent.content().stateFlags();
            if (last >= 0 && into.getInt(last + 4) == flags) {
                into.putInt(last, into.getInt(last) + lengthBytes);
            } else {
                if (pairs++ == limit) {
                    return;
                }
                last = into.position();
                into.putInt(lengthBytes).putInt(flags);
            }
            next = Math.min(extent.endOffset(), end);
            if (next == end) {
                return;
            }
        }
        if (pairs == 0) {
            throw new IllegalStateException("the export told no extent");
        }
    }

    private NbdError failed(String operation, long offset, long lengthBytes, Exception e) {
        NbdError error =
                switch (e) {
                    case NbdErrorException chosen -> chosen.error();
                    case IOException io when saysNoSpace(io) -> NbdError.ENOSPC;
                    default -> NbdError.EIO;
                };
        served.report(operation, offset, lengthBytes, error, e);
        return error;
    }

    /** The JDK has no exception of its own for a full disk, only the operating system's words. */
    private static boolean saysNoSpace(IOException e) {
        String message = e.getMessage();
        return message != null
                && (message.contains("No space left on device") || message.contains("Disk quota exceeded"));
    }
}
