package io.tidemark.hypervisor.vsphere.config;

import io.tidemark.hypervisor.vsphere.vim.CertificatePin;
import io.tidemark.hypervisor.vsphere.vim.Credentials;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ConfigSpec.Secrecy;
import io.tidemark.spi.plugin.ProviderConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The settings of one site.
 *
 * @param server scheme, host and port of the vCenter
 * @param thumbprint SHA-256 thumbprint of its certificate; empty to trust the first one seen
 * @param datacenter name; empty when there is only one
 * @param datastore where recovered VMs are written; empty when there is only one
 * @param resourcePool resource pool, or cluster whose root pool is meant; empty when there is only one cluster
 * @param folder VM folder of recovered VMs; empty for the data centre's own
 * @param networks names of networks at the origin to names of networks here
 * @param testNetwork closed network of test VMs; empty to leave their network cards unplugged
 * @param snapshotInterval shortest time between two snapshots of a protected VM, 5 s to 24 h
 * @param console address at which a simulated host answers for the programs of sample VMs; empty on a real vSphere
 */
public record VsphereConfig(
        URI server,
        Credentials credentials,
        Optional<String> thumbprint,
        Optional<String> datacenter,
        Optional<String> datastore,
        Optional<String> resourcePool,
        Optional<String> folder,
        Map<String, String> networks,
        Optional<String> testNetwork,
        Duration snapshotInterval,
        Optional<URI> console) {

    private static final int SHORTEST_INTERVAL_SECONDS = 5;
    private static final int LONGEST_INTERVAL_SECONDS = 86_400;

    /** What an operator can set. */
    public static final ConfigSpec SPEC = new ConfigSpec(List.of(
            required(
                    "url",
                    "Address of the vCenter, for example https://vcenter.example.org/sdk; HTTPS only.",
                    Secrecy.PLAIN),
            required("user", "User that Tidemark logs in as, for example tidemark@vsphere.local.", Secrecy.PLAIN),
            required("password", "The user's password.", Secrecy.SECRET),
            optional(
                    "thumbprint",
                    "SHA-256 thumbprint of the vCenter's certificate, 64 hex digits with or without colons. Default: the first one seen is"
                            + " kept, and every other refused."),
            optional("datacenter", "Data centre of recovered VMs. Default: the only one."),
            optional("datastore", "Datastore of recovered VMs. Default: the only one."),
            optional(
                    "resource-pool",
                    "Resource pool of recovered VMs, or a cluster whose root pool is meant. Default: the only cluster."),
            optional("folder", "VM folder of recovered VMs. Default: the data centre's own."),
            optional(
                    "network-map",
                    "Networks of failed-over VMs: origin=here, joined by semicolons. A network that is not named keeps its name."),
            optional(
                    "test-network",
                    "Closed network that test VMs are plugged into. Default: the network cards of test VMs are unplugged."),
            new ConfigSpec.Key(
                    "snapshot-interval",
                    "Seconds between two snapshots of a protected VM, 5 to 86400: the recovery point that can be expected. Each snapshot stops"
                            + " the VM for a moment.",
                    Optional.of("60"),
                    Secrecy.PLAIN),
            optional(
                    "console",
                    "Address at which the host simulator answers for programs in sample VMs. Only with the simulator; default: no sample"
                            + " VMs.")));

    private static ConfigSpec.Key required(String name, String description, Secrecy secrecy) {
        return new ConfigSpec.Key(name, description, Optional.empty(), secrecy);
    }

    private static ConfigSpec.Key optional(String name, String description) {
        return new ConfigSpec.Key(name, description, Optional.of(""), Secrecy.PLAIN);
    }

    /** @throws ProviderException of kind {@code REJECTED}, naming the setting that does not fit */
    public static VsphereConfig of(ProviderConfig config) throws ProviderException {
        return new VsphereConfig(
                server(value(config, "url").orElse("")),
                new Credentials(mandatory(config, "user"), mandatory(config, "password")),
                thumbprint(config),
                value(config, "datacenter"),
                value(config, "datastore"),
                value(config, "resource-pool"),
                value(config, "folder"),
                networks(value(config, "network-map").orElse("")),
                value(config, "test-network"),
                interval(value(config, "snapshot-interval").orElse("60")),
                console(config));
    }

    private static Duration interval(String text) throws ProviderException {
        if (text.matches("\\d{1,5}")) {
            int seconds = Integer.parseInt(text);
            if (seconds >= SHORTEST_INTERVAL_SECONDS && seconds <= LONGEST_INTERVAL_SECONDS) {
                return Duration.ofSeconds(seconds);
            }
        }
        throw refused("snapshot-interval", "'" + text + "' is no whole number from 5 to 86400");
    }

    private static Optional<String> value(ProviderConfig config, String key) {
        return config.get(key).map(String::strip).filter(each -> !each.isEmpty());
    }

    private static String mandatory(ProviderConfig config, String key) throws ProviderException {
        // Not stripped: a password may end in a blank.
        return config.get(key).filter(each -> !each.isBlank()).orElseThrow(() -> refused(key, "it is empty"));
    }

    private static URI server(String text) throws ProviderException {
        try {
            URI uri = new URI(text);
            boolean fits = "https".equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && List.of("", "/", "/sdk", "/sdk/").contains(uri.getPath());
            if (fits) {
                return new URI("https", null, uri.getHost(), uri.getPort(), null, null, null);
            }
        } catch (URISyntaxException malformed) {
            throw refused("url", "'" + text + "' is no address: " + malformed.getReason());
        }
        throw refused("url", "'" + text + "' is not of the form https://host/sdk");
    }

    private static Optional<String> thumbprint(ProviderConfig config) throws ProviderException {
        Optional<String> text = value(config, "thumbprint");
        Optional<String> normal = text.flatMap(CertificatePin::normalise);
        if (text.isPresent() && normal.isEmpty()) {
            throw refused("thumbprint", "it is not a SHA-256 thumbprint of 64 hex digits");
        }
        return normal;
    }

    private static Map<String, String> networks(String text) throws ProviderException {
        Map<String, String> networks = new TreeMap<>();
        for (String pair : new ArrayList<>(List.of(text.split(";")))) {
            int equals = pair.indexOf('=');
            if (pair.isBlank()) {
                continue;
            }
            if (equals < 1 || equals == pair.length() - 1) {
                throw refused("network-map", "'" + pair.strip() + "' is not of the form origin=here");
            }
            networks.put(
                    pair.substring(0, equals).strip(),
                    pair.substring(equals + 1).strip());
        }
        return Map.copyOf(networks);
    }

    private static Optional<URI> console(ProviderConfig config) throws ProviderException {
        Optional<String> text = value(config, "console");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text.get());
            if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException malformed) {
            throw refused("console", "'" + text.get() + "' is no address: " + malformed.getReason());
        }
        throw refused("console", "'" + text.get() + "' is not of the form http://host:port");
    }

    private static ProviderException refused(String key, String why) {
        return new ProviderException(
                FailureKind.REJECTED,
                "The vSphere site was not opened",
                "setting " + key + ": " + why,
                "Correct the setting and try again.");
    }
}
