package io.tidemark.control.catalog;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.Page;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** Opaque cursors over lists that run from large numbers to small ones. */
public final class Cursor {
    private static final int MAX_LIMIT = 1_000;

    private Cursor() {}

    /** The number before which the page begins; the largest number for the first page. */
    public static long decode(Optional<String> cursor) {
        if (cursor.isEmpty()) {
            return Long.MAX_VALUE;
        }
        try {
            String text = new String(Base64.getUrlDecoder().decode(cursor.get()), StandardCharsets.UTF_8);
            if (text.startsWith("before:")) {
                return Long.parseLong(text.substring("before:".length()));
            }
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
        throw invalid(new IllegalArgumentException("no known prefix"));
    }

    /** Makes a page of at most {@code limit} items of a list that was read with one more. */
    public static <T> Page<T> page(List<T> found, int limit, ToLongFunction<T> number) {
        if (found.size() <= limit) {
            return new Page<>(found, Optional.empty());
        }
        List<T> items = found.subList(0, limit);
        return new Page<>(items, Optional.of(encode(number.applyAsLong(items.getLast()))));
    }

    /** Refuses limits outside of 1 to 1,000. */
    public static void checkLimit(int limit) {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new ControlException(
                    ErrorCode.REQUEST_INVALID,
                    "The list was not read",
                    "the limit is " + limit,
                    "Ask for 1 to 1000 items.",
                    List.of(new FieldError("/limit", "must be 1 to 1000")),
                    null);
        }
    }

    private static String encode(long number) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(("before:" + number).getBytes(StandardCharsets.UTF_8));
    }

    private static ControlException invalid(RuntimeException cause) {
        return new ControlException(
                ErrorCode.CURSOR_INVALID,
                "The list was not read",
                "the cursor was not made by this server",
                "Give back nextCursor of the page before, or leave it out to begin anew.",
                List.of(new FieldError("/cursor", "is not a cursor of this list")),
                cause);
    }
}
