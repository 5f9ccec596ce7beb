package io.tidemark.server.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;

/**
 * An invitation to pair: where the inviting site listens, the certificate that it will show there, and a secret that works once.
 *
 * @param expires after this moment of the inviting site's clock the secret is refused
 */
record PairingToken(Endpoint endpoint, PeerFingerprint fingerprint, String secret, String siteName, Instant expires) {
    private static final int VERSION = 1;

    /** Longer texts are not tokens of ours. */
    private static final int MAX_TEXT_LENGTH = 4_096;

    /** The text that a person carries to the other site: base64url of a JSON object. */
    String encode() {
        ObjectNode json = Json.object();
        json.put("v", VERSION)
                .put("endpoint", endpoint.toString())
                .put("fingerprint", fingerprint.sha256Hex())
                .put("secret", secret)
                .put("siteName", siteName)
                .put("expires", expires.toString());
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Json.write(json).getBytes(StandardCharsets.UTF_8));
    }

    static PairingToken decode(String text) throws ProviderException {
        String stripped = text.strip();
        if (stripped.length() > MAX_TEXT_LENGTH) {
            throw malformed("it is longer than any token", null);
        }
        try {
            JsonNode json = Json.read(new String(Base64.getUrlDecoder().decode(stripped), StandardCharsets.UTF_8));
            int version = json.path("v").asInt();
            if (version != VERSION) {
                throw malformed("it is of version " + version + ", and this server reads version " + VERSION, null);
            }
            return new PairingToken(
                    Endpoint.parse(Json.text(json, "endpoint")),
                    new PeerFingerprint(Json.text(json, "fingerprint")),
                    Json.text(json, "secret"),
                    Json.text(json, "siteName"),
                    Instant.parse(Json.text(json, "expires")));
        } catch (IllegalArgumentException | DateTimeParseException | JsonProcessingException e) {
            throw malformed("its text is damaged or cut off", e);
        }
    }

    private static ProviderException malformed(String why, @org.jspecify.annotations.Nullable Exception cause) {
        return new ProviderException(
                FailureKind.REJECTED,
                "The pairing token was not accepted",
                why,
                "Copy the whole token again, or make a new one at the other site.",
                cause);
    }

    /** Never prints the secret. */
    @Override
    public String toString() {
        return "PairingToken[" + siteName + " at " + endpoint + ", until " + expires + "]";
    }
}
