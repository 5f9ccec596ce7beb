package io.tidemark.target.aws.ebs;

import io.tidemark.target.aws.client.Tags;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.model.SnapshotState;
import software.amazon.awssdk.services.ec2.model.Tag;

/** A snapshot as EC2 lists it. */
public record SnapshotRef(String id, SnapshotState state, int sizeGib, List<Tag> tags) {
    public SnapshotRef {
        tags = List.copyOf(tags);
    }

    public boolean completed() {
        return state == SnapshotState.COMPLETED;
    }

    public boolean pending() {
        return state == SnapshotState.PENDING;
    }

    /** Value of one of Tidemark's tags. */
    public Optional<String> tag(String name) {
        return Tags.read(tags, name);
    }

    /** Bytes of the volume that it holds; empty when its tag is missing. */
    public Optional<Long> trueSizeBytes() {
        return tag(Tags.TRUE_SIZE).filter(text -> text.matches("[0-9]{1,18}")).map(Long::valueOf);
    }
}
