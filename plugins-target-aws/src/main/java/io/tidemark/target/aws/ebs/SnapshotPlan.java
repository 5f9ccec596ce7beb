package io.tidemark.target.aws.ebs;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.target.aws.client.Tags;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A snapshot to be made.
 *
 * @param owner the operation or VPG for which it is made
 * @param identity tags that no other snapshot has together: by them it is found again
 * @param others more tags
 * @param source what it is to hold
 * @param base a completed snapshot to write only the difference to
 */
public record SnapshotPlan(String owner, Tags identity, Tags others, BlockDevice source, Optional<Base> base) {
    /**
     * A snapshot of the same volume.
     *
     * @param sizeBytes of the volume when it was made
     * @param extents empty: unknown, compare
     */
    public record Base(String snapshot, long sizeBytes, Optional<List<BlockExtent>> extents) {}

    Tags tags() {
        return others.andAll(identity.values()).and(Tags.TRUE_SIZE, Long.toString(source.sizeBytes()));
    }

    /** Name of the files in which its progress is kept. */
    String key() {
        byte[] text = identity.values().toString().getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(Blocks.hash(text), 0, 16);
    }
}
