package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tidemark site}: this site and its peers. */
@Command(
        name = "site",
        mixinStandardHelpOptions = true,
        description = "This site and the sites that it is paired with.")
final class SiteCommand {
    private final Session session;

    SiteCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List this site and its peers.", mixinStandardHelpOptions = true)
    int list() throws ApiException {
        JsonNode sites = session.api().get("/sites");
        TextTable table = new TextTable("NAME", "ROLE", "REACHABLE", "ENDPOINT", "ID");
        sites.path("items")
                .forEach(site -> table.row(
                        site.path("name").asText(),
                        site.path("role").asText().toLowerCase(java.util.Locale.ROOT),
                        site.path("reachability").asText().toLowerCase(java.util.Locale.ROOT),
                        site.path("endpoint").asText(),
                        site.path("id").asText()));
        return session.show(sites, table);
    }

    @Command(description = "Show one site.", mixinStandardHelpOptions = true)
    int show(
            @Parameters(
                            paramLabel = "SITE",
                            arity = "0..1",
                            defaultValue = "self",
                            description = "Name or id (default: the site that is asked).")
                    String site)
            throws ApiException {
        JsonNode found = session.api().get("/sites/" + ApiClient.segment(site));
        return session.show(found, Details.of(found));
    }

    @Command(
            name = "pair-token",
            description = "Make a one-time token; give it to 'tidemark site pair' at the other site.",
            mixinStandardHelpOptions = true)
    int pairToken() throws ApiException {
        JsonNode made = session.api().post("/sites/self/pairing-tokens");
        return session.show(made, () -> {
            session.out.println(made.path("token").asText());
            session.err.println("Works once, until " + Human.time(made.path("expiresAt"))
                    + ". At the other site: tidemark site pair TOKEN");
        });
    }

    @Command(description = "Pair with the site that made a token.", mixinStandardHelpOptions = true)
    int pair(@Parameters(paramLabel = "TOKEN", description = "What 'site pair-token' printed there.") String token)
            throws ApiException {
        JsonNode peer = session.api().post("/sites/peers", Session.object().put("token", token));
        return session.show(
                peer,
                () -> session.out.println("Paired with " + peer.path("name").asText() + " at "
                        + peer.path("endpoint").asText() + "."));
    }
}
