package io.tidemark.hypervisor.vsphere.vim;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * One element of an answer with all below it. Names come without their prefix; an element that is not there and one that is empty are the
 * same, because peers write absent enumerations and numbers as empty elements.
 *
 * @param type the {@code xsi:type} without prefix, or the {@code type} of a managed object reference; empty when there is neither
 * @param text the characters directly inside
 */
public record XmlNode(String name, String type, String text, List<XmlNode> children) {
    private static final String XSI = "http://www.w3.org/2001/XMLSchema-instance";
    private static final XMLInputFactory FACTORY = factory();

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        return factory;
    }

    public XmlNode {
        children = List.copyOf(children);
    }

    /** @throws IOException when the bytes are not well-formed XML */
    static XmlNode parse(byte[] document) throws IOException {
        try {
            return read(FACTORY.createXMLStreamReader(new ByteArrayInputStream(document)));
        } catch (XMLStreamException e) {
            throw new IOException("not XML: " + e.getMessage(), e);
        }
    }

    /** @throws IOException when the text is not well-formed XML */
    public static XmlNode parse(String document) throws IOException {
        try {
            return read(FACTORY.createXMLStreamReader(new StringReader(document)));
        } catch (XMLStreamException e) {
            throw new IOException("not XML: " + e.getMessage(), e);
        }
    }

    private static XmlNode read(XMLStreamReader reader) throws XMLStreamException, IOException {
        Deque<Draft> open = new ArrayDeque<>();
        while (reader.hasNext()) {
            switch (reader.next()) {
                case XMLStreamConstants.START_ELEMENT -> open.push(new Draft(reader));
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                    Draft current = open.peek();
                    if (current != null) {
                        current.text.append(reader.getText());
                    }
                }
                case XMLStreamConstants.END_ELEMENT -> {
                    XmlNode done = open.pop().finish();
                    Draft parent = open.peek();
                    if (parent == null) {
                        return done;
                    }
                    parent.children.add(done);
                }
                default -> {
                    // comments and processing instructions say nothing
                }
            }
        }
        throw new IOException("not XML: it has no element");
    }

    private static final class Draft {
        private final String name;
        private final String type;
        private final StringBuilder text = new StringBuilder();
        private final List<XmlNode> children = new ArrayList<>();

        Draft(XMLStreamReader reader) {
            this.name = reader.getLocalName();
            String reference = reader.getAttributeValue("", "type");
            String schema = reader.getAttributeValue(XSI, "type");
            // A reference may carry both: its own says which object is meant.
            String chosen = reference != null ? reference : schema != null ? schema : "";
            this.type = chosen.substring(chosen.indexOf(':') + 1);
        }

        XmlNode finish() {
            return new XmlNode(
                    name,
                    type,
                    children.isEmpty() ? text.toString() : text.toString().strip(),
                    children);
        }
    }

    /** The first child of that name. */
    public Optional<XmlNode> child(String wanted) {
        return children.stream().filter(each -> each.name.equals(wanted)).findFirst();
    }

    /** All children of that name, in order. */
    public List<XmlNode> children(String wanted) {
        return children.stream().filter(each -> each.name.equals(wanted)).toList();
    }

    /** The element at the end of a path of names joined by dots. */
    public Optional<XmlNode> at(String path) {
        Optional<XmlNode> found = Optional.of(this);
        for (String step : path.split("\\.")) {
            found = found.flatMap(each -> each.child(step));
        }
        return found;
    }

    /** The text at the end of a path, unless it is empty. */
    public Optional<String> value(String path) {
        return at(path).map(XmlNode::text).filter(each -> !each.isEmpty());
    }

    /** The whole number at the end of a path; empty when there is none, or something that is no number. */
    public OptionalLong number(String path) {
        Optional<String> digits = value(path).map(String::strip).filter(each -> each.matches("-?\\d{1,18}"));
        return digits.isPresent() ? OptionalLong.of(Long.parseLong(digits.get())) : OptionalLong.empty();
    }

    /** Whether the element at the end of the path says true. */
    public boolean flag(String path) {
        return value(path)
                .filter(each -> each.equals("true") || each.equals("1"))
                .isPresent();
    }

    /** The reference at the end of a path. */
    public Optional<MoRef> ref(String path) {
        return at(path).filter(each -> !each.text.isEmpty()).map(XmlNode::asRef);
    }

    /** This element as a reference. */
    public MoRef asRef() {
        return new MoRef(type, text);
    }
}
