package io.tidemark.server.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Signature;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityStoreTest {
    @TempDir
    Path folder;

    private LocalSite open() throws IOException {
        return new IdentityStore(folder.resolve("identity"), Clock.systemUTC()).openOrCreate("paris");
    }

    @Test
    void identityIsMadeOnceAndKept() throws Exception {
        LocalSite first = open();
        LocalSite second = open();
        assertEquals(first.id(), second.id());
        assertEquals(first.identity().fingerprint(), second.identity().fingerprint());
        second.identity().certificate().checkValidity();
        second.identity().certificate().verify(second.identity().certificate().getPublicKey());
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(second.identity().key());
        signer.update(new byte[] {1, 2, 3});
        byte[] signature = signer.sign();
        signer.initVerify(second.identity().certificate());
        signer.update(new byte[] {1, 2, 3});
        assertTrue(signer.verify(signature), "key and certificate belong together");
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        LocalSite site = open();
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(site.keyFile())));
        assertEquals(
                "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("identity"))));
    }

    @Test
    void lostOrDamagedKeyIsNeverReplacedSilently() throws IOException {
        LocalSite site = open();
        Files.writeString(site.keyFile(), "garbage");
        IOException refusal = assertThrows(IOException.class, this::open);
        assertTrue(String.valueOf(refusal.getMessage()).contains("Restore the folder"), refusal.getMessage());
        assertEquals("garbage", Files.readString(site.keyFile()));
        Files.delete(site.keyFile());
        assertThrows(IOException.class, this::open);
    }

    @Test
    void interruptedFirstStartIsRepeated() throws IOException {
        LocalSite half = open();
        Files.delete(folder.resolve("identity").resolve("site-id"));
        LocalSite whole = open();
        assertNotEquals(half.id(), whole.id());
        assertNotEquals(half.identity().fingerprint(), whole.identity().fingerprint());
    }

    @Test
    void adminTokenIsLeftOnceAndKeptAsHash() throws IOException {
        Path file = folder.resolve("admin.token");
        Path hash = folder.resolve("hash");
        AdminToken first = AdminToken.openOrCreate(file, hash);
        String token = Files.readString(file).strip();
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertTrue(first.matches(token));
        assertFalse(first.matches(token + "x"));
        assertFalse(first.matches(""));
        assertFalse(Files.readString(hash).contains(token), "the hash file has no token");

        Files.delete(file);
        AdminToken second = AdminToken.openOrCreate(file, hash);
        assertTrue(second.matches(token), "the token stays valid when its file is put away");
        assertFalse(Files.exists(file));

        Files.delete(hash);
        AdminToken third = AdminToken.openOrCreate(file, hash);
        assertFalse(third.matches(token), "deleting the hash revokes the token");
        assertTrue(third.matches(Files.readString(file).strip()));
    }
}
