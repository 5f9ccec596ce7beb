package io.tidemark.hypervisor.vsphere.vim;

import java.io.StringWriter;
import java.util.function.Consumer;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes the inside of a request, element by element, in the order that the schema wants. One thread. */
public final class XmlBody {
    private static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();
    private static final String ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";
    private static final String XSI = "http://www.w3.org/2001/XMLSchema-instance";

    private final XMLStreamWriter out;

    private XmlBody(XMLStreamWriter out) {
        this.out = out;
    }

    /** A whole request. */
    static String envelope(String method, MoRef target, Consumer<XmlBody> arguments) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter out = FACTORY.createXMLStreamWriter(text);
            out.writeStartDocument("UTF-8", "1.0");
            out.writeStartElement("soapenv", "Envelope", ENVELOPE);
            out.writeNamespace("soapenv", ENVELOPE);
            out.writeNamespace("xsi", XSI);
            out.writeStartElement("soapenv", "Body", ENVELOPE);
            out.writeStartElement(method);
            out.writeDefaultNamespace("urn:vim25");
            XmlBody body = new XmlBody(out);
            body.ref("_this", target);
            arguments.accept(body);
            out.writeEndDocument();
            out.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return text.toString();
    }

    /** A document of our own. */
    public static String document(String root, Consumer<XmlBody> contents) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter out = FACTORY.createXMLStreamWriter(text);
            out.writeStartElement(root);
            out.writeNamespace("xsi", XSI);
            contents.accept(new XmlBody(out));
            out.writeEndDocument();
            out.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return text.toString();
    }

    /** An element with text. */
    public XmlBody text(String name, Object value) {
        return write(name, "", body -> body.characters(value.toString()));
    }

    /** A reference to a managed object. */
    public XmlBody ref(String name, MoRef value) {
        try {
            out.writeStartElement(name);
            out.writeAttribute("type", value.type());
            out.writeCharacters(value.value());
            out.writeEndElement();
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    /** An element with elements inside. */
    public XmlBody element(String name, Consumer<XmlBody> contents) {
        return write(name, "", contents);
    }

    /** An element of a type that the schema leaves open. */
    public XmlBody typed(String name, String type, Consumer<XmlBody> contents) {
        return write(name, type, contents);
    }

    /** An element with a value of a simple schema type, for places that take any type. */
    public XmlBody any(String name, String simpleType, Object value) {
        try {
            out.writeStartElement(name);
            out.writeNamespace("xsd", "http://www.w3.org/2001/XMLSchema");
            out.writeAttribute("xsi", XSI, "type", "xsd:" + simpleType);
            out.writeCharacters(value.toString());
            out.writeEndElement();
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    /** A copy of an element that was read, under its own name. */
    public XmlBody copy(XmlNode node) {
        return write(node.name(), node.type(), body -> {
            node.children().forEach(body::copy);
            if (node.children().isEmpty()) {
                body.characters(node.text());
            }
        });
    }

    private XmlBody write(String name, String type, Consumer<XmlBody> contents) {
        try {
            out.writeStartElement(name);
            if (!type.isEmpty()) {
                out.writeAttribute("xsi", XSI, "type", type);
            }
            contents.accept(this);
            out.writeEndElement();
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    private void characters(String value) {
        try {
            out.writeCharacters(value);
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }
}
