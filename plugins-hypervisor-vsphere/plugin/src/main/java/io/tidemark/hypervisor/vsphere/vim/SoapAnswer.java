package io.tidemark.hypervisor.vsphere.vim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.util.Optional;

/** Takes the envelope off an answer. */
final class SoapAnswer {
    private SoapAnswer() {}

    /** @return the element {@code MethodResponse} */
    static XmlNode read(String what, String method, int status, byte[] document) throws ProviderException, VimFault {
        XmlNode envelope;
        try {
            envelope = XmlNode.parse(document);
        } catch (IOException notXml) {
            throw notSoap(what, status, notXml);
        }
        Optional<XmlNode> fault = envelope.at("Body.Fault");
        if (fault.isPresent()) {
            throw fault(fault.get());
        }
        String wanted = method + "Response";
        return envelope.at("Body." + wanted)
                .orElseThrow(() -> notSoap(what, status, new IOException("the answer has no " + wanted)));
    }

    private static VimFault fault(XmlNode fault) {
        String message = fault.value("faultstring").orElse("");
        // <detail><InvalidLoginFault xsi:type="InvalidLogin">; some peers leave out the one, some the other.
        Optional<XmlNode> detail =
                fault.child("detail").flatMap(each -> each.children().stream().findFirst());
        String type = detail.map(each -> each.type().isEmpty() ? withoutSuffix(each.name()) : each.type())
                .orElse("Fault");
        return new VimFault(type, message);
    }

    private static String withoutSuffix(String name) {
        return name.endsWith("Fault") ? name.substring(0, name.length() - "Fault".length()) : name;
    }

    private static ProviderException notSoap(String what, int status, IOException why) {
        FailureKind kind = status >= 500 ? FailureKind.RETRY_LATER : FailureKind.UNREACHABLE;
        return new ProviderException(
                kind,
                what + " failed",
                "the answer with HTTP status " + status + " is not one of a vCenter (" + why.getMessage() + ")",
                "Check that the URL is that of a vCenter's /sdk, and that no proxy answers in its place.",
                why);
    }
}
