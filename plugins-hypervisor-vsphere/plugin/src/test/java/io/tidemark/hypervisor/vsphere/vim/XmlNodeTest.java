package io.tidemark.hypervisor.vsphere.vim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class XmlNodeTest {
    private static final String XSI = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

    @Test
    void emptyElementsAreAbsentAndUnknownOnesArePassedOver() throws Exception {
        XmlNode node = XmlNode.parse(
                "<vm" + XSI + "><faultToleranceState/><cpus></cpus><new><deep>1</deep></new><memory> 42 </memory>"
                        + "<odd>12x</odd><on>true</on><off>false</off></vm>");
        assertEquals(Optional.empty(), node.value("faultToleranceState"));
        assertEquals(OptionalLong.empty(), node.number("cpus"));
        assertEquals(OptionalLong.empty(), node.number("nothing"));
        assertEquals(OptionalLong.empty(), node.number("odd"));
        assertEquals(OptionalLong.of(42), node.number("memory"));
        assertEquals(OptionalLong.of(1), node.number("new.deep"));
        assertTrue(node.flag("on"));
        assertFalse(node.flag("off"));
        assertFalse(node.flag("cpus"));
    }

    @Test
    void referencesCarryTheirTypeInEitherOrBothAttributes() throws Exception {
        XmlNode node = XmlNode.parse("<all" + XSI + " xmlns:v=\"urn:vim25\">"
                + "<a type=\"Folder\">group-1</a>"
                + "<a type=\"VirtualMachine\" xsi:type=\"v:ManagedObjectReference\">vm-2</a>"
                + "<d xsi:type=\"v:VirtualDisk\"><key>1</key></d></all>");
        assertEquals(
                List.of(new MoRef("Folder", "group-1"), new MoRef("VirtualMachine", "vm-2")),
                node.children("a").stream().map(XmlNode::asRef).toList());
        assertEquals("VirtualDisk", node.child("d").orElseThrow().type());
    }

    @Test
    void whatIsNoXmlOrWantsToReadFilesIsRefused() {
        assertThrows(IOException.class, () -> XmlNode.parse("<a><b></a>"));
        assertThrows(IOException.class, () -> XmlNode.parse(""));
        assertThrows(
                IOException.class,
                () -> XmlNode.parse("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>"));
    }

    @Test
    void textIsEscapedBothWays() throws Exception {
        String odd = "<&>\"' ü ]]>";
        XmlNode back = XmlNode.parse(XmlBody.document("all", body -> body.text("name", odd)));
        assertEquals(odd, back.value("name").orElseThrow());
    }

    @Test
    void faultsAreKnownByTheirTypeOrName() throws Exception {
        assertEquals("InvalidLogin", faultOf("<detail><InvalidLoginFault xsi:type=\"InvalidLogin\"/></detail>"));
        assertEquals("NotAuthenticated", faultOf("<detail><NotAuthenticatedFault/></detail>"));
        assertEquals("Fault", faultOf(""));
    }

    private static String faultOf(String detail) {
        byte[] answer = ("<e:Envelope xmlns:e=\"x\"" + XSI + "><e:Body><e:Fault><faultstring>why</faultstring>" + detail
                        + "</e:Fault></e:Body></e:Envelope>")
                .getBytes(StandardCharsets.UTF_8);
        return assertThrows(VimFault.class, () -> SoapAnswer.read("Asking", "Login", 500, answer))
                .type();
    }

    @Test
    void aProxysPageIsNoAnswer() {
        byte[] page = "<html><body>Bad gateway</body></html>".getBytes(StandardCharsets.UTF_8);
        ProviderException refusal =
                assertThrows(ProviderException.class, () -> SoapAnswer.read("Asking", "Login", 502, page));
        assertEquals(FailureKind.RETRY_LATER, refusal.kind());
        assertTrue(refusal.why().contains("502"), refusal.why());
    }

    @Test
    void thumbprintsAreTakenInAnyForm() {
        String digits = "0123456789abcdef".repeat(4);
        String normal = CertificatePin.normalise(digits).orElseThrow();
        assertEquals(95, normal.length());
        assertEquals(Optional.of(normal), CertificatePin.normalise(normal));
        assertEquals(Optional.of(normal), CertificatePin.normalise(" " + normal.toLowerCase(java.util.Locale.ROOT)));
        assertEquals(Optional.empty(), CertificatePin.normalise("AB:CD"));
        assertEquals(Optional.empty(), CertificatePin.normalise(digits.replace('0', 'g')));
    }
}
