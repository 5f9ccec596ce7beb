package io.tidemark.target.aws.client;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;

/**
 * Names and values of tags. Everything that Tidemark makes has {@link #ROLE}; what belongs to a recovery has {@link #OPERATION} too, and
 * is removed by it.
 */
public record Tags(Map<String, String> values) {
    public static final String ROLE = "tidemark:role";
    public static final String OPERATION = "tidemark:operation";
    public static final String VPG = "tidemark:vpg";
    public static final String VM = "tidemark:vm";
    public static final String VOLUME = "tidemark:volume";
    public static final String DEVICE = "tidemark:device";
    public static final String CHECKPOINT = "tidemark:checkpoint";
    /** Bytes; EBS itself knows whole GiB only. */
    public static final String TRUE_SIZE = "tidemark:true-size";
    /** The snapshot that a snapshot was made on. */
    public static final String BASE = "tidemark:base";

    public static final String NAME = "Name";

    /** Values of {@link #ROLE}. */
    public static final String STAGED = "staged";

    public static final String RECOVERED = "recovered";
    public static final String PROMOTED = "promoted";

    public Tags {
        values = Map.copyOf(values);
    }

    public static Tags of(String name, String value) {
        return new Tags(Map.of(name, TagText.encode(value)));
    }

    /** These and one more. */
    public Tags and(String name, String value) {
        Map<String, String> more = new TreeMap<>(values);
        more.put(name, TagText.encode(value));
        return new Tags(more);
    }

    /** These, and those that an operator wants; they never replace one of ours. */
    public Tags andAll(Map<String, String> wanted) {
        Map<String, String> all = new TreeMap<>(wanted);
        all.putAll(values);
        return new Tags(all);
    }

    public List<Tag> toList() {
        List<Tag> list = new ArrayList<>();
        values.forEach(
                (name, value) -> list.add(Tag.builder().key(name).value(value).build()));
        return list;
    }

    public TagSpecification on(ResourceType type) {
        return TagSpecification.builder().resourceType(type).tags(toList()).build();
    }

    /** Filters that find what has all of these. */
    public List<Filter> filters() {
        List<Filter> filters = new ArrayList<>();
        values.forEach((name, value) ->
                filters.add(Filter.builder().name("tag:" + name).values(value).build()));
        return filters;
    }

    /** A tag of a resource, decoded; empty when it has none of that name, or one that we did not write. */
    public static Optional<String> read(Collection<Tag> tags, String name) {
        return tags.stream().filter(tag -> name.equals(tag.key())).findFirst().flatMap(tag -> decoded(tag.value()));
    }

    private static Optional<String> decoded(String value) {
        try {
            return Optional.of(TagText.decode(value));
        } catch (IllegalArgumentException foreign) {
            return Optional.empty();
        }
    }
}
