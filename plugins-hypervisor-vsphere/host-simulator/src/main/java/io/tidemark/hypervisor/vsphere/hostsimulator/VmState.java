package io.tidemark.hypervisor.vsphere.hostsimulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A VM as the vCenter says it is.
 *
 * @param id managed object id
 * @param disks in the order of their keys
 * @param settings its extra configuration
 */
record VmState(String id, String name, boolean powered, List<DiskState> disks, Map<String, String> settings) {
    private static final int MOST_ID_CHARACTERS = 128;

    VmState {
        disks = List.copyOf(disks);
        settings = Map.copyOf(settings);
    }

    /** One of its disks. */
    record DiskState(int key, Path flat, long sizeBytes) {}

    /**
     * Reads what the vCenter pushed.
     *
     * @throws BadRequestException when it is no VM
     */
    static VmState of(String id, JsonNode pushed) throws BadRequestException {
        if (id.isBlank() || id.length() > MOST_ID_CHARACTERS || id.indexOf('/') >= 0) {
            throw new BadRequestException("'" + id + "' is no managed object id");
        }
        List<DiskState> disks = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        for (JsonNode disk : pushed.path("disks")) {
            DiskState state = disk(disk);
            if (!seen.add(state.key()) || !seen.add(state.flat())) {
                throw new BadRequestException("VM " + id + " has two disks with one key or one file");
            }
            disks.add(state);
        }
        disks.sort(java.util.Comparator.comparingInt(DiskState::key));
        Map<String, String> settings = new TreeMap<>();
        pushed.path("settings")
                .properties()
                .forEach(each -> settings.put(each.getKey(), each.getValue().asText()));
        return new VmState(id, pushed.path("name").asText(id), power(id, pushed), disks, settings);
    }

    private static boolean power(String id, JsonNode pushed) throws BadRequestException {
        return switch (pushed.path("power").asText()) {
            case "on" -> true;
            case "off" -> false;
            default -> throw new BadRequestException("the power of VM " + id + " is neither 'on' nor 'off'");
        };
    }

    private static DiskState disk(JsonNode disk) throws BadRequestException {
        if (!disk.path("key").isInt() || !disk.path("sizeBytes").isIntegralNumber()) {
            throw new BadRequestException("a disk needs the numbers 'key' and 'sizeBytes'");
        }
        long sizeBytes = disk.path("sizeBytes").asLong();
        if (sizeBytes <= 0) {
            throw new BadRequestException("a disk has no " + sizeBytes + " bytes");
        }
        return new DiskState(disk.path("key").asInt(), flat(disk.path("flat").asText()), sizeBytes);
    }

    /** The path of a flat file, checked for its form. */
    static Path flat(String text) throws BadRequestException {
        try {
            Path path = Path.of(text);
            if (path.isAbsolute() && path.equals(path.normalize()) && text.endsWith(FlatFile.SUFFIX)) {
                return path;
            }
        } catch (InvalidPathException invalid) {
            throw new BadRequestException("'" + text + "' is no path: " + invalid.getReason());
        }
        throw new BadRequestException("'" + text + "' is no absolute path of a *" + FlatFile.SUFFIX);
    }
}
