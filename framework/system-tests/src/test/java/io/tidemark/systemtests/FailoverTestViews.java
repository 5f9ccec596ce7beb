package io.tidemark.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.id.VolumeId;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a checkpoint of a site in another process shows: a failover test brings simulated VMs up on it, whose disks are read where their
 * hypervisor has them from. Nothing in them writes.
 */
final class FailoverTestViews {
    private static final Pattern LOCATION = Pattern.compile("UnixSocket\\[socket=(.+), exportName=(.*)]");

    private FailoverTestViews() {}

    static DiskViews read(SiteApi site, String vpg, long checkpoint) throws Exception {
        ObjectNode request = SiteApi.json().put("type", "TEST");
        request.putObject("checkpoint").put("id", checkpoint);
        JsonNode started = site.run("/vpgs/" + vpg + "/recoveries", request);
        String path = "/recoveries/" + started.path("id").asText();
        Map<VolumeId, byte[]> contents = new LinkedHashMap<>();
        for (JsonNode vm : site.get(path).path("vms")) {
            String source = vm.path("source").path("id").asText();
            for (JsonNode volume : site.get("/vms/" + vm.path("id").asText()).path("volumes")) {
                Matcher at = LOCATION.matcher(volume.path("location").asText());
                if (!at.matches()) {
                    throw new AssertionError("not on a block export: " + volume);
                }
                contents.put(
                        new VolumeId(source + "/" + volume.path("device").asText()),
                        DiskViews.read(Path.of(at.group(1)), at.group(2)));
            }
        }
        site.run(path + "/stop", SiteApi.json().put("result", "PASSED"));
        return new DiskViews(contents);
    }
}
