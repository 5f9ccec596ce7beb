/**
 * The NBD protocol: {@link io.tidemark.nbd.NbdServer} serves {@link io.tidemark.nbd.NbdExport}s on a unix socket or on loopback TCP,
 * {@link io.tidemark.nbd.NbdClient} uses exports of other processes.
 *
 * <p><b>Threads.</b> A server has one accept thread, one thread per connection (exports are called on it) and one timer thread that
 * ends handshakes which take too long. No lock is held while an export works. A client has no thread: its calls run on the caller's,
 * one call at a time. Threads are never interrupted; they are unblocked by closing their socket.
 *
 * <p><b>Protocol.</b> The source of every number and rule is {@code doc/proto.md} of github.com/NetworkBlockDevice/nbd. Supported:
 *
 * <ul>
 *   <li>Handshake: fixed newstyle with {@code NO_ZEROES}; the options {@code EXPORT_NAME, ABORT, LIST, INFO, GO, STRUCTURED_REPLY,
 *       LIST_META_CONTEXT, SET_META_CONTEXT}; info items {@code EXPORT, NAME, DESCRIPTION, BLOCK_SIZE}; the metadata context {@code
 *       base:allocation}. Every other option, {@code STARTTLS} and {@code EXTENDED_HEADERS} among them, is answered {@code ERR_UNSUP}.
 *   <li>Commands: {@code READ} (simple, or structured as {@code OFFSET_DATA} chunks), {@code WRITE, FLUSH, TRIM, WRITE_ZEROES,
 *       BLOCK_STATUS, DISC}, with the flags {@code FUA, NO_HOLE, FAST_ZERO, REQ_ONE} where they apply. Which of them an export
 *       advertises are its {@link io.tidemark.nbd.NbdAbility abilities}; one that is not advertised is answered {@code EINVAL}.
 *   <li>Block sizes: minimum 1, preferred 4096, at most 32 MiB of payload in a request.
 *   <li>Not supported: oldstyle, TLS, extended headers, resize, {@code CACHE}, {@code DF}, metadata contexts of our own.
 * </ul>
 *
 * <p>Replies to the requests that arrived together are sent together, so an acknowledgement may wait for the export calls of the
 * requests received with it; pending replies are always sent before a flush and before waiting for the client.
 */
@NullMarked
package io.tidemark.nbd;

import org.jspecify.annotations.NullMarked;
