package io.tidemark.server.rest;

import io.tidemark.pluginhost.PluginException;
import io.tidemark.pluginhost.PluginHost;
import io.tidemark.pluginhost.PluginInfo;
import io.tidemark.pluginhost.PluginManifest;
import io.tidemark.pluginhost.PluginProblem;
import io.tidemark.pluginhost.PluginReport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operations on plugins. */
final class PluginApi {
    private final PluginHost plugins;

    PluginApi(PluginHost plugins) {
        this.plugins = plugins;
    }

    Map<String, Operation> operations() {
        return Map.of(
                "listPlugins",
                call -> Answer.ok(Views.list(plugins.plugins(), PluginApi::plugin)),
                "removePlugin",
                this::remove);
    }

    private Answer remove(Call call) {
        String id = call.path("plugin");
        if (plugins.plugins().stream().noneMatch(plugin -> plugin.id().equals(id))) {
            throw Problems.notFound("plugin", id, "List the plugins to see their ids.");
        }
        try {
            plugins.remove(id);
            return Answer.nothing();
        } catch (PluginException e) {
            throw refused(e.problem());
        }
    }

    /** Installs the received file. */
    Answer install(Path zip) {
        try {
            PluginInfo installed = plugins.install(zip);
            return Answer.created(RestServer.BASE + "/plugins", plugin(installed));
        } catch (PluginException e) {
            throw refused(e.problem());
        }
    }

    /** Checks the received file. */
    Answer verify(Path zip) {
        PluginReport report = plugins.verify(zip);
        return Answer.ok(new JsonObject()
                .put("accepted", report.accepted())
                .put("sha512", report.sha512Hex())
                .put("signedBy", Views.text(report.signedBy()))
                .put("id", Views.text(report.manifest().map(PluginManifest::id)))
                .put("version", Views.text(report.manifest().map(PluginManifest::version)))
                .put("extensions", new JsonArray(List.copyOf(report.extensionClasses())))
                .put("problem", problem(report.problem().orElse(null))));
    }

    private static ProblemException refused(PluginProblem problem) {
        return new Problem(422, "plugin-refused", problem.happened(), problem.why(), problem.remedy()).exception();
    }

    private static JsonObject plugin(PluginInfo plugin) {
        return new JsonObject()
                .put("id", plugin.id())
                .put("file", String.valueOf(plugin.file().getFileName()))
                .put("state", plugin.state().name())
                .put("version", Views.text(plugin.manifest().map(PluginManifest::version)))
                .put("provider", Views.text(plugin.manifest().map(PluginManifest::provider)))
                .put("description", Views.text(plugin.manifest().map(PluginManifest::description)))
                .put("provides", new JsonArray(List.copyOf(plugin.provides())))
                .put("problem", problem(plugin.problem().orElse(null)));
    }

    private static @Nullable JsonObject problem(@Nullable PluginProblem problem) {
        return problem == null
                ? null
                : new JsonObject()
                        .put("title", problem.happened())
                        .put("detail", problem.why())
                        .put("remedy", problem.remedy());
    }
}
