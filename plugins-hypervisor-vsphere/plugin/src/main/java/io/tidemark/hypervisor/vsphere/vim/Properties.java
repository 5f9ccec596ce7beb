package io.tidemark.hypervisor.vsphere.vim;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads properties of managed objects, page by page. */
public final class Properties {
    private static final int PAGE_OBJECTS = 200;

    private Properties() {}

    /** What was read of one object: property path to value. */
    public record Read(MoRef object, Map<String, XmlNode> values) {
        /** A property, if it is set. */
        public Optional<XmlNode> value(String path) {
            XmlNode value = values.get(path);
            return value == null ? Optional.empty() : Optional.of(value);
        }
    }

    /** Objects that are gone meanwhile are left out. All have the same type. */
    public static List<Read> of(
            VimSession session, Collection<MoRef> objects, Collection<String> paths, Deadline deadline)
            throws ProviderException, VimFault {
        if (objects.isEmpty()) {
            return List.of();
        }
        String what = "Reading properties";
        String type = objects.iterator().next().type();
        MoRef collector = session.content(deadline).propertyCollector();
        XmlNode response = session.read(
                what,
                "RetrievePropertiesEx",
                collector,
                body -> body.element("specSet", spec -> {
                            spec.element("propSet", set -> {
                                set.text("type", type).text("all", "false");
                                paths.forEach(path -> set.text("pathSet", path));
                            });
                            objects.forEach(each -> spec.element(
                                    "objectSet", set -> set.ref("obj", each).text("skip", "false")));
                            spec.text("reportMissingObjectsInResults", "true");
                        })
                        .element("options", options -> options.text("maxObjects", PAGE_OBJECTS)),
                deadline);
        List<Read> all = new ArrayList<>();
        Optional<XmlNode> page = response.child("returnval");
        while (page.isPresent()) {
            page.get().children("objects").forEach(each -> all.add(read(each)));
            Optional<String> token = page.get().value("token");
            if (token.isEmpty()) {
                break;
            }
            page = session.read(
                            what,
                            "ContinueRetrievePropertiesEx",
                            collector,
                            body -> body.text("token", token.get()),
                            deadline)
                    .child("returnval");
        }
        return all;
    }

    private static Read read(XmlNode object) {
        Map<String, XmlNode> values = new HashMap<>();
        for (XmlNode property : object.children("propSet")) {
            Optional<String> name = property.value("name");
            Optional<XmlNode> value = property.child("val");
            if (name.isPresent() && value.isPresent()) {
                values.put(name.get(), value.get());
            }
        }
        return new Read(
                object.ref("obj").orElseThrow(() -> new IllegalArgumentException("properties of no object")), values);
    }
}
