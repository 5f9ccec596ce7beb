package io.tidemark.server.rest;

import io.tidemark.server.identity.AdminToken;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Set;

/** Lets pass only requests that carry the API token, and the few paths that need none. */
final class TokenGate implements Handler<RoutingContext> {
    private static final String SCHEME = "bearer ";

    private final AdminToken token;
    private final Set<String> openPaths;

    /** @param openPaths paths that answer without a token */
    TokenGate(AdminToken token, Set<String> openPaths) {
        this.token = token;
        this.openPaths = openPaths;
    }

    @Override
    public void handle(RoutingContext context) {
        if (openPaths.contains(context.normalizedPath())) {
            context.next();
            return;
        }
        String header = context.request().getHeader(HttpHeaders.AUTHORIZATION);
        if (header == null) {
            refuse(context, "the request carries no token");
        } else if (!header.toLowerCase(Locale.ROOT).startsWith(SCHEME)
                || !token.matches(header.substring(SCHEME.length()).strip())) {
            refuse(context, "the token of the request is not valid at this site");
        } else {
            context.next();
        }
    }

    private void refuse(RoutingContext context, String why) {
        context.response().putHeader("WWW-Authenticate", "Bearer realm=\"tidemark\"");
        context.fail(new Problem(
                        401,
                        "unauthenticated",
                        "The request was not authenticated",
                        why,
                        "Send 'Authorization: Bearer <token>' with the token of this site; the first start left it in "
                                + "admin.token in the data folder.")
                .exception());
    }
}
