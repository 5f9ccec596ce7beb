package io.tidemark.hypervisor.vsphere.vim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session of one vCenter: logs in when first needed and again when the vCenter has forgotten us, and makes calls. Any thread; calls of
 * several threads run side by side.
 *
 * <p>Views and collectors belong to a login: who keeps one compares {@link #logins()} to see that it is gone.
 */
public final class VimSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VimSession.class);
    private static final MoRef SERVICE = new MoRef("ServiceInstance", "ServiceInstance");
    private static final String COOKIE = "vmware_soap_session";
    /** No single call may take longer, whatever its deadline: some peers drop a call on the floor and never answer. */
    private static final Duration CALL_LIMIT = Duration.ofSeconds(90);

    private static final Duration LOGOUT_LIMIT = Duration.ofSeconds(2);

    private final VimHttp http;
    private final Credentials credentials;
    private final ReentrantLock loginTurn = new ReentrantLock();
    private volatile Optional<String> cookie = Optional.empty();
    private final AtomicInteger logins = new AtomicInteger();
    private volatile @Nullable ServiceContent content;

    public VimSession(VimHttp http, Credentials credentials) {
        this.http = http;
        this.credentials = credentials;
    }

    /** How often this session has logged in. */
    public int logins() {
        return logins.get();
    }

    /** The vCenter's singletons; logs in when that was not done yet. */
    public ServiceContent content(Deadline deadline) throws ProviderException {
        ServiceContent known = content;
        if (known == null) {
            try {
                known = ServiceContent.of(
                        exchange("Connecting to the vCenter", "RetrieveServiceContent", SERVICE, body -> {}, deadline));
            } catch (VimFault fault) {
                throw fault.toProviderException("Connecting to the vCenter");
            } catch (VimHttp.Dropped dropped) {
                throw dropped.toProviderException();
            }
            content = known;
        }
        if (cookie.isEmpty()) {
            login(known, Optional.empty(), deadline);
        }
        return known;
    }

    /**
     * Makes a call that changes something.
     *
     * @param what what is being done, for the operator: the beginning of a sentence
     * @return the answer's {@code returnval} elements below one root
     */
    public XmlNode call(String what, String method, MoRef target, Consumer<XmlBody> arguments, Deadline deadline)
            throws ProviderException, VimFault {
        try {
            return authenticated(what, method, target, arguments, deadline);
        } catch (VimHttp.Dropped dropped) {
            throw dropped.toProviderException();
        }
    }

    /** Makes a call that changes nothing, and makes it once more when the connection breaks on the way. */
    public XmlNode read(String what, String method, MoRef target, Consumer<XmlBody> arguments, Deadline deadline)
            throws ProviderException, VimFault {
        try {
            return authenticated(what, method, target, arguments, deadline);
        } catch (VimHttp.Dropped first) {
            LOG.atDebug().addKeyValue("method", method).log("Asking again after a broken connection");
            try {
                return authenticated(what, method, target, arguments, deadline);
            } catch (VimHttp.Dropped second) {
                throw second.toProviderException();
            }
        }
    }

    private XmlNode authenticated(
            String what, String method, MoRef target, Consumer<XmlBody> arguments, Deadline deadline)
            throws ProviderException, VimFault, VimHttp.Dropped {
        ServiceContent known = content(deadline);
        Optional<String> used = cookie;
        try {
            return exchange(what, method, target, arguments, deadline);
        } catch (VimFault fault) {
            if (!fault.is("NotAuthenticated")) {
                throw fault;
            }
        }
        login(known, used, deadline);
        return exchange(what, method, target, arguments, deadline);
    }

    /** @param stale the cookie that was refused; another thread may have replaced it already */
    private void login(ServiceContent known, Optional<String> stale, Deadline deadline) throws ProviderException {
        String what = "Logging in to the vCenter";
        loginTurn.lock();
        try {
            if (!cookie.equals(stale)) {
                return;
            }
            cookie = Optional.empty();
            exchange(
                    what,
                    "Login",
                    known.sessionManager(),
                    body -> body.text("userName", credentials.user()).text("password", credentials.password()),
                    deadline);
            if (cookie.isEmpty()) {
                throw new ProviderException(
                        FailureKind.UNREACHABLE,
                        what + " failed",
                        "the answer carried no session cookie",
                        "Check that the URL is that of a vCenter's /sdk.");
            }
            logins.incrementAndGet();
        } catch (VimFault fault) {
            throw fault.toProviderException(what);
        } catch (VimHttp.Dropped dropped) {
            throw dropped.toProviderException();
        } finally {
            loginTurn.unlock();
        }
    }

    private XmlNode exchange(String what, String method, MoRef target, Consumer<XmlBody> arguments, Deadline deadline)
            throws ProviderException, VimFault, VimHttp.Dropped {
        HttpRequest.Builder request = request("/sdk")
                .header("Content-Type", "text/xml; charset=utf-8")
                .header("SOAPAction", "urn:vim25/6.5")
                .POST(HttpRequest.BodyPublishers.ofString(XmlBody.envelope(method, target, arguments)));
        HttpResponse<byte[]> response = http.send(what, request.build(), BodyHandlers.ofByteArray(), within(deadline));
        response.headers().allValues("Set-Cookie").stream()
                .filter(each -> each.startsWith(COOKIE + "="))
                .map(each -> each.split(";", 2)[0])
                .findFirst()
                .ifPresent(each -> cookie = Optional.of(each));
        return SoapAnswer.read(what, method, response.statusCode(), response.body());
    }

    private static Deadline within(Deadline deadline) {
        return deadline.remaining().compareTo(CALL_LIMIT) > 0 ? Deadline.after(CALL_LIMIT) : deadline;
    }

    private HttpRequest.Builder request(String pathAndQuery) {
        HttpRequest.Builder request = HttpRequest.newBuilder(http.server().resolve(pathAndQuery));
        cookie.ifPresent(each -> request.header("Cookie", each));
        return request;
    }

    /**
     * Sends a request to another path of the vCenter, with the session's cookie.
     *
     * @param pathAndQuery encoded
     * @param shape sets method, body and headers
     * @param repeatable whether it may be sent once more when the connection breaks
     */
    public <T> HttpResponse<T> http(
            String what,
            String pathAndQuery,
            Consumer<HttpRequest.Builder> shape,
            BodyHandler<T> body,
            boolean repeatable,
            Deadline deadline)
            throws ProviderException {
        ServiceContent known = content(deadline);
        Optional<String> used = cookie;
        try {
            HttpResponse<T> response = sendShaped(what, pathAndQuery, shape, body, repeatable, deadline);
            if (response.statusCode() != 401) {
                return response;
            }
            login(known, used, deadline);
            return sendShaped(what, pathAndQuery, shape, body, repeatable, deadline);
        } catch (VimHttp.Dropped dropped) {
            throw dropped.toProviderException();
        }
    }

    private <T> HttpResponse<T> sendShaped(
            String what,
            String pathAndQuery,
            Consumer<HttpRequest.Builder> shape,
            BodyHandler<T> body,
            boolean repeatable,
            Deadline deadline)
            throws ProviderException, VimHttp.Dropped {
        HttpRequest.Builder request = request(pathAndQuery);
        shape.accept(request);
        try {
            return http.send(what, request.build(), body, deadline);
        } catch (VimHttp.Dropped dropped) {
            if (!repeatable) {
                throw dropped;
            }
            return http.send(what, request.build(), body, deadline);
        }
    }

    /** Logs out, if the vCenter answers soon. */
    @Override
    public void close() {
        ServiceContent known = content;
        if (known != null && cookie.isPresent()) {
            try {
                exchange("Logging out", "Logout", known.sessionManager(), body -> {}, Deadline.after(LOGOUT_LIMIT));
            } catch (ProviderException | VimFault | VimHttp.Dropped gone) {
                LOG.atDebug().setCause(gone).log("The session was not ended; the vCenter ends it by itself");
            }
        }
        cookie = Optional.empty();
        http.close();
    }

    /** For messages. */
    public URI server() {
        return http.server();
    }
}
