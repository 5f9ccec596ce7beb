package io.tidemark.journal.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of Linux that Java has none for: reserving and giving back room, reading ahead, and asking how much a file takes. Any thread.
 *
 * <p>They need native access ({@code --enable-native-access=ALL-UNNAMED}, which all our launchers give). Where a call is missing, or a file
 * system does not know it, callers do without; that is said once in the log.
 */
final class KernelCalls {
    private static final Logger LOG = LoggerFactory.getLogger(KernelCalls.class);

    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;
    private static final int WILL_NEED = 3;
    /** Of one piece of advice the kernel heeds as much as its read-ahead window is long, by default this, and forgets the rest. */
    private static final long READ_AHEAD_BYTES = 128 << 10;

    private static final int AT_FDCWD = -100;
    private static final int STATX_BLOCKS = 0x400;
    private static final int STATX_BYTES = 256;
    private static final int STATX_BLOCKS_AT = 48;
    private static final int BLOCK_BYTES = 512;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_AT = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final Optional<KernelCalls> CALLS = link();

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle fallocate;
    private final MethodHandle statx;
    private final MethodHandle advise;

    private KernelCalls(Linker linker) {
        Linker.Option errno = Linker.Option.captureCallState("errno");
        var text = ValueLayout.ADDRESS;
        var number = ValueLayout.JAVA_INT;
        var large = ValueLayout.JAVA_LONG;
        this.open = handle(
                linker, "open", FunctionDescriptor.of(number, text, number), errno, Linker.Option.firstVariadicArg(2));
        this.close = handle(linker, "close", FunctionDescriptor.of(number, number), errno);
        this.fallocate =
                handle(linker, "fallocate", FunctionDescriptor.of(number, number, number, large, large), errno);
        this.advise = handle(linker, "posix_fadvise", FunctionDescriptor.of(number, number, large, large, number));
        this.statx = handle(linker, "statx", FunctionDescriptor.of(number, number, text, number, number, text), errno);
    }

    private static MethodHandle handle(Linker linker, String name, FunctionDescriptor shape, Linker.Option... options) {
        MemorySegment symbol = linker.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("no call " + name + " here"));
        return linker.downcallHandle(symbol, shape, options);
    }

    private static Optional<KernelCalls> link() {
        try {
            if (ValueLayout.ADDRESS.byteSize() == Long.BYTES
                    && System.getProperty("os.name", "").equals("Linux")) {
                return Optional.of(new KernelCalls(Linker.nativeLinker()));
            }
            LOG.atWarn().log("this is no 64-bit Linux: files are neither preallocated nor punched");
        } catch (UnsupportedOperationException | IllegalCallerException | IllegalArgumentException e) {
            LOG.atWarn().setCause(e).log("no native access: files are neither preallocated nor punched");
        }
        return Optional.empty();
    }

    /** Makes a file longer and reserves the room. @return false if that cannot be done here; nothing was changed then */
    static boolean preallocate(Path file, long offset, long lengthBytes) throws IOException {
        return CALLS.isPresent() && CALLS.get().fallocate(file, 0, offset, lengthBytes);
    }

    /** Gives room back; the range reads as zeroes. @return false if that cannot be done here; nothing was changed then */
    static boolean punchHole(Path file, long offset, long lengthBytes) throws IOException {
        return CALLS.isPresent() && CALLS.get().fallocate(file, PUNCH_HOLE | KEEP_SIZE, offset, lengthBytes);
    }

    /** Has a range read into the page cache; returns while it still is. Does nothing where that cannot be done. */
    static void readAhead(Path file, long offset, long lengthBytes) throws IOException {
        if (CALLS.isPresent()) {
            KernelCalls calls = CALLS.get();
            calls.withDescriptor(file, O_RDONLY, "posix_fadvise", (state, descriptor) -> {
                for (long at = offset; at < offset + lengthBytes; at += READ_AHEAD_BYTES) {
                    // A hint: what it answers changes nothing.
                    int _ = (int) calls.advise.invokeExact(descriptor, at, READ_AHEAD_BYTES, WILL_NEED);
                }
                return true;
            });
        }
    }

    private boolean fallocate(Path file, int mode, long offset, long lengthBytes) throws IOException {
        return withDescriptor(file, O_RDWR, "fallocate", (state, descriptor) -> {
            int result;
            do {
                result = (int) fallocate.invokeExact(state, descriptor, mode, offset, lengthBytes);
            } while (result != 0 && errno(state) == Errno.INTERRUPTED);
            if (result == 0) {
                return true;
            }
            if (errno(state) == Errno.NOT_SUPPORTED || errno(state) == Errno.NO_SUCH_CALL) {
                return false;
            }
            throw failure("fallocate", file, state);
        });
    }

    /** What is done with an open file; {@code state} takes the error number. */
    private interface DescriptorTask {
        boolean run(MemorySegment state, int descriptor) throws Throwable;
    }

    private boolean withDescriptor(Path file, int mode, String call, DescriptorTask task) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int descriptor = (int) open.invokeExact(state, arena.allocateFrom(file.toString()), mode);
            if (descriptor < 0) {
                throw failure("open", file, state);
            }
            try {
                return task.run(state, descriptor);
            } finally {
                MemorySegment ignored = arena.allocate(STATE);
                int _ = (int) close.invokeExact(ignored, descriptor);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException(call + " of " + file + " failed", e);
        }
    }

    /** Bytes that a file takes on disk; empty if that cannot be asked here. */
    static Optional<Long> allocatedBytes(Path file) throws IOException {
        return CALLS.isEmpty() ? Optional.empty() : Optional.of(CALLS.get().blocks(file) * BLOCK_BYTES);
    }

    private long blocks(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment answer = arena.allocate(STATX_BYTES, Long.BYTES);
            int result = (int)
                    statx.invokeExact(state, AT_FDCWD, arena.allocateFrom(file.toString()), 0, STATX_BLOCKS, answer);
            if (result != 0) {
                throw failure("statx", file, state);
            }
            return answer.get(ValueLayout.JAVA_LONG, STATX_BLOCKS_AT);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException("statx of " + file + " failed", e);
        }
    }

    private static int errno(MemorySegment state) {
        return state.get(ValueLayout.JAVA_INT, ERRNO_AT);
    }

    private static IOException failure(String call, Path file, MemorySegment state) {
        int errno = errno(state);
        if (errno == Errno.NO_SUCH_FILE) {
            return new NoSuchFileException(file.toString());
        }
        return new IOException(file + ": " + call + " failed with errno " + errno
                + (errno == Errno.NO_SPACE ? " (no space left on device)" : ""));
    }

    /** The errors that are told apart. */
    private static final class Errno {
        static final int NO_SUCH_FILE = 2;
        static final int INTERRUPTED = 4;
        static final int NO_SPACE = 28;
        static final int NO_SUCH_CALL = 38;
        static final int NOT_SUPPORTED = 95;

        private Errno() {}
    }
}
