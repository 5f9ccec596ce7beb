package io.tidemark.target.aws.launch;

import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Names of what belongs to a recovered VM; they follow from operation and VM name alone, so that a repeated call finds them. */
public final class VmNames {
    private static final String PREFIX = "tidemark-";

    private VmNames() {}

    /** Ids of VMs that Tidemark made; those of others are their instance ids. */
    public static VmId vm(OperationId operation, String name) {
        UUID uuid = UUID.nameUUIDFromBytes((operation + "/" + name).getBytes(StandardCharsets.UTF_8));
        return new VmId(PREFIX + uuid);
    }

    static boolean isOurs(VmId vm) {
        return vm.value().startsWith(PREFIX);
    }

    /** Names of images are unique in an account and region. */
    static String image(OperationId operation, VmId vm) {
        return imagePrefix(operation) + vm.value().substring(PREFIX.length());
    }

    public static String imagePrefix(OperationId operation) {
        return PREFIX + operation + "-";
    }

    /** So are those of launch templates. */
    static String launchTemplate(VmId vm) {
        return vm.value();
    }

    /** Device of a disk by its position; what a Nitro guest sees is nvme0n1, nvme1n1 … in no sure order. */
    static String device(int position) {
        if (position == 0) {
            return "/dev/sda1";
        }
        // /dev/sdb … /dev/sdz, then the two-letter names that EC2 takes for EBS.
        int letter = position - 1;
        return letter < 25 ? "/dev/sd" + (char) ('b' + letter) : "/dev/xvd" + twoLetters(letter - 25);
    }

    private static String twoLetters(int index) {
        return "" + (char) ('b' + index / 26) + (char) ('a' + index % 26);
    }
}
