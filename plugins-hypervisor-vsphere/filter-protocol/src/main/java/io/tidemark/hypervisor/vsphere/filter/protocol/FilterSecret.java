package io.tidemark.hypervisor.vsphere.filter.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What a host and its filter both know; neither ever sends it. Immutable. */
public final class FilterSecret {
    /** Shorter ones could be guessed from a recorded handshake. */
    private static final int LEAST_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    private FilterSecret(byte[] bytes) {
        this.key = new SecretKeySpec(bytes, ALGORITHM);
    }

    /**
     * @param text at least 32 bytes of random text, without the white space around it
     * @throws IllegalArgumentException when it is shorter
     */
    public static FilterSecret of(String text) {
        byte[] bytes = text.strip().getBytes(StandardCharsets.UTF_8);
        if (bytes.length < LEAST_BYTES) {
            throw new IllegalArgumentException(
                    "the filter secret has " + bytes.length + " bytes, but needs " + LEAST_BYTES + " or more");
        }
        return new FilterSecret(bytes);
    }

    /** Says nothing. */
    @Override
    public String toString() {
        return "a filter secret";
    }

    /** The proof of one side; the other side's is another, so that none can be played back. */
    ByteBuffer proof(Side side, Transcript of) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(side.label.getBytes(StandardCharsets.US_ASCII));
            ByteBuffer said = ByteBuffer.allocate(2 + 2 * (Wire.NONCE_BYTES + 2 * Long.BYTES));
            said.putShort((short) of.version);
            Wire.putUuid(said, of.client);
            Wire.putUuid(said, of.host);
            said.put(of.clientNonce.duplicate()).put(of.hostNonce.duplicate()).flip();
            mac.update(said);
            return ByteBuffer.wrap(mac.doFinal()).asReadOnlyBuffer();
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, missing);
        }
    }

    /** In a time that does not tell where it differs. */
    boolean proves(Side side, Transcript of, ByteBuffer proof) {
        byte[] given = new byte[proof.remaining()];
        proof.duplicate().get(given);
        byte[] right = new byte[Wire.NONCE_BYTES];
        proof(side, of).get(right);
        return MessageDigest.isEqual(right, given);
    }

    enum Side {
        CLIENT("tidemark filter protocol, client\0"),
        HOST("tidemark filter protocol, host\0");

        private final String label;

        Side(String label) {
            this.label = label;
        }
    }

    /** What both have said before they prove anything. */
    record Transcript(int version, UUID client, UUID host, ByteBuffer clientNonce, ByteBuffer hostNonce) {}
}
