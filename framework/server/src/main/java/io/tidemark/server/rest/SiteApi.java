package io.tidemark.server.rest;

import io.tidemark.control.site.HypervisorConfiguration;
import io.tidemark.server.host.HypervisorInstances;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.server.peer.PeerMesh;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Operations on this server, its site, its peers and its hypervisor instances. */
final class SiteApi {
    private static final Duration PAIRING_LIMIT = Duration.ofSeconds(20);

    private final LocalSite self;
    private final String version;
    private final SiteControl control;
    private final PeerMesh mesh;
    private final HypervisorInstances hypervisors;

    SiteApi(LocalSite self, String version, SiteControl control, PeerMesh mesh, HypervisorInstances hypervisors) {
        this.self = self;
        this.version = version;
        this.control = control;
        this.mesh = mesh;
        this.hypervisors = hypervisors;
    }

    Map<String, Operation> operations() {
        return Map.ofEntries(
                Map.entry("getMeta", this::meta),
                Map.entry("getHealth", this::health),
                Map.entry("listSites", this::listSites),
                Map.entry("getSite", this::getSite),
                Map.entry("createPairingToken", this::createPairingToken),
                Map.entry("pairSite", this::pairSite),
                Map.entry("listHypervisors", this::listHypervisors),
                Map.entry("getHypervisor", this::getHypervisor),
                Map.entry("addHypervisor", this::addHypervisor),
                Map.entry("removeHypervisor", this::removeHypervisor),
                Map.entry("listVms", call -> Answer.ok(Views.vms(control.vms().list()))),
                Map.entry("getVm", call -> Answer.ok(Views.vm(control.vms().get(call.path("vm"))))));
    }

    private Answer meta(Call call) {
        return Answer.ok(new JsonObject()
                .put("product", "Tidemark")
                .put("version", version)
                .put("api", "v1")
                .put("site", Views.named(self.id(), self.name())));
    }

    /** Says only how many things are wrong where it needs no token; the alerts tell what. */
    private Answer health(Call call) {
        List<String> problems = new ArrayList<>();
        long closed = control.hypervisors().list().stream()
                .filter(each -> hypervisors.status(each.name()).isEmpty()
                        || hypervisors.status(each.name()).get().state() != HypervisorInstances.State.OPEN)
                .count();
        if (closed > 0) {
            problems.add(closed + " hypervisor(s) not open");
        }
        int alerts = control.events().alerts().size();
        if (alerts > 0) {
            problems.add(alerts + " open alert(s)");
        }
        return Answer.ok(new JsonObject()
                .put("status", problems.isEmpty() ? "UP" : "DEGRADED")
                .put("problems", new JsonArray(problems)));
    }

    private Answer listSites(Call call) {
        JsonArray items = new JsonArray().add(selfView());
        control.sites().peers().forEach(peer -> items.add(Views.peer(peer)));
        return Answer.ok(new JsonObject().put("items", items));
    }

    private JsonObject selfView() {
        return Views.self(self, mesh.endpoint().toString());
    }

    private Answer getSite(Call call) {
        String name = call.path("site");
        if (name.equals("self")
                || name.equalsIgnoreCase(self.name())
                || name.equals(self.id().toString())) {
            return Answer.ok(selfView());
        }
        return Answer.ok(control.sites()
                .findPeer(name)
                .map(Views::peer)
                .orElseThrow(() -> Problems.notFound("site", name, "List the sites; pair with it if it is missing.")));
    }

    private Answer createPairingToken(Call call) throws ProviderException {
        PeerMesh.Invitation invitation = mesh.invite();
        return Answer.created(
                RestServer.BASE + "/sites/self",
                new JsonObject()
                        .put("token", invitation.token())
                        .put("expiresAt", invitation.expires().toString()));
    }

    private Answer pairSite(Call call) throws ProviderException {
        String name =
                mesh.join(call.text("token"), Deadline.after(PAIRING_LIMIT)).name();
        JsonObject view = control.sites()
                .findPeer(name)
                .map(Views::peer)
                .orElseThrow(() -> new IllegalStateException("site " + name + " was paired and is not known"));
        return Answer.created(RestServer.BASE + "/sites/" + view.getString("id"), view);
    }

    private Answer listHypervisors(Call call) {
        return Answer.ok(Views.list(control.hypervisors().list(), this::hypervisor));
    }

    private Answer getHypervisor(Call call) {
        return Answer.ok(hypervisor(configuration(call.path("hypervisor"))));
    }

    private HypervisorConfiguration configuration(String name) {
        return control.hypervisors()
                .find(name)
                .orElseThrow(() -> Problems.notFound(
                        "hypervisor", name, "List the hypervisors of this site; add it if it is missing."));
    }

    private Answer addHypervisor(Call call) throws ProviderException {
        Map<String, String> settings = new TreeMap<>();
        JsonObject given = call.body().getJsonObject("settings", new JsonObject());
        given.forEach(entry -> settings.put(entry.getKey(), String.valueOf(entry.getValue())));
        hypervisors.check(call.text("kind"), settings);
        HypervisorConfiguration added = control.hypervisors().add(call.text("name"), call.text("kind"), settings);
        hypervisors.add(added.name(), added.kind(), added.settings());
        return Answer.created(RestServer.BASE + "/hypervisors/" + added.name(), hypervisor(added));
    }

    private Answer removeHypervisor(Call call) {
        String name = call.path("hypervisor");
        control.hypervisors().remove(name);
        hypervisors.remove(name);
        return Answer.nothing();
    }

    private JsonObject hypervisor(HypervisorConfiguration configured) {
        HypervisorInstances.Status status = hypervisors
                .status(configured.name())
                .orElse(new HypervisorInstances.Status(
                        HypervisorInstances.State.OPENING, "it is being opened", java.util.Optional.empty()));
        JsonArray capabilities = new JsonArray();
        status.site().stream()
                .flatMap(site -> site.capabilities().stream())
                .map(Capability::name)
                .sorted()
                .forEach(capabilities::add);
        JsonObject settings = new JsonObject();
        hypervisors.showable(configured.kind(), configured.settings()).forEach(settings::put);
        return new JsonObject()
                .put("name", configured.name())
                .put("kind", configured.kind())
                .put("state", status.state().name())
                .put("detail", status.detail())
                .put(
                        "description",
                        status.site().map(HypervisorSite::description).orElse(""))
                .put("capabilities", capabilities)
                .put(
                        "canRecover",
                        status.site().flatMap(HypervisorSite::recoveryTarget).isPresent())
                .put("settings", settings)
                .put("createdAt", configured.createdAt().toString());
    }
}
