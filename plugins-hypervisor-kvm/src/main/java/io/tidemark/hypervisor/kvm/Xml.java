package io.tidemark.hypervisor.kvm;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Reads, walks and writes libvirt's XML documents. No document type, no external entity is ever followed. */
final class Xml {
    private Xml() {}

    /** @throws IllegalArgumentException when the text is not XML */
    static Document parse(String text) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setExpandEntityReferences(false);
            return factory.newDocumentBuilder().parse(new InputSource(new StringReader(text)));
        } catch (SAXException | IOException e) {
            throw new IllegalArgumentException("not a well-formed document: " + e.getMessage(), e);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("this JDK's XML parser lacks a feature that is needed for safety", e);
        }
    }

    static Element parseElement(String text) {
        return parse(text).getDocumentElement();
    }

    static String write(Document document) {
        try {
            TransformerFactory factory = TransformerFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            Transformer transformer = factory.newTransformer();
            transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            StringWriter text = new StringWriter();
            transformer.transform(new DOMSource(document), new StreamResult(text));
            return text.toString();
        } catch (TransformerException e) {
            throw new IllegalStateException("this JDK cannot write XML", e);
        }
    }

    /** Child elements of that name, in order. */
    static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && name.equals(element.getLocalName())) {
                found.add(element);
            }
        }
        return found;
    }

    /** The element at the end of a path of child names. */
    static Optional<Element> child(Element parent, String... path) {
        Element at = parent;
        for (String name : path) {
            List<Element> found = children(at, name);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            at = found.getFirst();
        }
        return Optional.of(at);
    }

    /** An attribute; empty when it is absent or blank. */
    static Optional<String> attribute(Element element, String name) {
        return Optional.of(element.getAttribute(name)).filter(value -> !value.isBlank());
    }

    static String text(Element parent, String... path) {
        return child(parent, path).map(each -> each.getTextContent().strip()).orElse("");
    }

    static void remove(Element element) {
        Node parent = element.getParentNode();
        if (parent != null) {
            parent.removeChild(element);
        }
    }

    static void removeChildren(Element parent, String... names) {
        for (String name : names) {
            children(parent, name).forEach(Xml::remove);
        }
    }

    /** Appends a new child element and returns it. */
    static Element add(Element parent, String name) {
        Document document = parent.getOwnerDocument();
        Element child = document.createElement(name);
        parent.appendChild(child);
        return child;
    }

    /** The first child element of that name, made when there is none. */
    static Element childOrNew(Element parent, String name) {
        return child(parent, name).orElseGet(() -> add(parent, name));
    }
}
