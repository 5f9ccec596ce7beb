package io.tidemark.hypervisor.vsphere.datastore;

import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Tasks;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads, writes and removes files of the datastores of one data centre. */
public final class DatastoreFiles {
    private static final int MOST_DESCRIPTOR_BYTES = 1 << 20;

    private final VimSession session;
    private final String datacenterName;
    private final MoRef datacenter;

    /** @param datacenterName its inventory path without a slash in front */
    public DatastoreFiles(VimSession session, String datacenterName, MoRef datacenter) {
        this.session = session;
        this.datacenterName = datacenterName;
        this.datacenter = datacenter;
    }

    /** Reads {@code length} bytes from {@code offset}. */
    public byte[] read(DatastorePath file, long offset, int length, Deadline deadline) throws ProviderException {
        String what = "Reading " + file;
        HttpResponse<byte[]> response = session.http(
                what,
                file.url(datacenterName),
                request -> request.GET().header("Range", "bytes=" + offset + "-" + (offset + length - 1)),
                BodyHandlers.ofByteArray(),
                true,
                deadline);
        if (response.statusCode() != 206) {
            throw refused(what, response.statusCode(), file);
        }
        if (response.body().length != length) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    what + " failed",
                    "it ends after " + response.body().length + " of " + length + " bytes from offset " + offset,
                    "Look whether the disk was shrunk or replaced.");
        }
        return response.body();
    }

    /** Reads a small text file. */
    public String readText(DatastorePath file, Deadline deadline) throws ProviderException {
        String what = "Reading " + file;
        HttpResponse<byte[]> response = session.http(
                what,
                file.url(datacenterName),
                request -> request.GET().header("Range", "bytes=0-" + (MOST_DESCRIPTOR_BYTES - 1)),
                BodyHandlers.ofByteArray(),
                true,
                deadline);
        if (response.statusCode() != 206 && response.statusCode() != 200) {
            throw refused(what, response.statusCode(), file);
        }
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    /**
     * Writes a whole file; one that is there is replaced.
     *
     * @param contents opened once for each attempt; {@code lengthBytes} long
     */
    public void write(DatastorePath file, long lengthBytes, Supplier<InputStream> contents, Deadline deadline)
            throws ProviderException {
        String what = "Writing " + file;
        HttpResponse<Void> response = session.http(
                what,
                file.url(datacenterName),
                request -> request.header("Content-Type", "application/octet-stream")
                        .PUT(BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(contents), lengthBytes)),
                BodyHandlers.discarding(),
                true,
                deadline);
        if (response.statusCode() / 100 != 2) {
            throw refused(what, response.statusCode(), file);
        }
    }

    /** Writes a small text file. */
    public void writeText(DatastorePath file, String text, Deadline deadline) throws ProviderException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(file, bytes.length, () -> new java.io.ByteArrayInputStream(bytes), deadline);
    }

    /** Makes a folder with those above it; does nothing when it is there. */
    public void makeFolder(DatastorePath folder, Deadline deadline) throws ProviderException {
        String what = "Making folder " + folder;
        try {
            session.call(
                    what,
                    "MakeDirectory",
                    session.content(deadline).fileManager(),
                    body -> body.text("name", folder)
                            .ref("datacenter", datacenter)
                            .text("createParentDirectories", "true"),
                    deadline);
        } catch (VimFault fault) {
            if (!fault.is("FileAlreadyExists")) {
                throw fault.toProviderException(what);
            }
        }
    }

    /** Removes a file, or a folder with all in it; does nothing when it is not there. */
    public void delete(DatastorePath path, Deadline deadline) throws ProviderException {
        String what = "Removing " + path;
        if (path.path().isBlank()) {
            throw new IllegalArgumentException("never a whole datastore: " + path);
        }
        try {
            Tasks.run(
                    session,
                    what,
                    "DeleteDatastoreFile_Task",
                    session.content(deadline).fileManager(),
                    body -> body.text("name", path).ref("datacenter", datacenter),
                    deadline);
        } catch (VimFault fault) {
            if (!fault.is("FileNotFound")) {
                throw fault.toProviderException(what);
            }
        }
    }

    /**
     * Names of the files and folders directly in a folder that match a pattern with {@code *}.
     *
     * @param browser the datastore's
     */
    public List<String> list(MoRef browser, DatastorePath folder, String pattern, Deadline deadline)
            throws ProviderException {
        String what = "Listing " + folder;
        try {
            Optional<XmlNode> result = Tasks.run(
                    session,
                    what,
                    "SearchDatastore_Task",
                    browser,
                    body -> body.text("datastorePath", folder)
                            .element("searchSpec", spec -> spec.text("matchPattern", pattern)),
                    deadline);
            return result.map(each -> each.children("file")).orElse(List.of()).stream()
                    .flatMap(file -> file.value("path").stream())
                    .toList();
        } catch (VimFault fault) {
            if (fault.is("FileNotFound")) {
                return List.of();
            }
            throw fault.toProviderException(what);
        }
    }

    private static ProviderException refused(String what, int status, DatastorePath file) {
        return switch (status) {
            case 404 ->
                new ProviderException(
                        FailureKind.REJECTED,
                        what + " failed",
                        "there is no such file",
                        "Look into the datastore whether the VM's files were moved or removed.");
            case 401, 403 ->
                new ProviderException(
                        FailureKind.REJECTED,
                        what + " failed",
                        "the vCenter refused it with HTTP status " + status,
                        "Give Tidemark's user the privilege Datastore.FileManagement on " + file.datastore() + ".");
            default ->
                new ProviderException(
                        FailureKind.RETRY_LATER,
                        what + " failed",
                        "the vCenter answered with HTTP status " + status
                                + "; a disk that a running VM holds locked is one cause",
                        "See the host's log, and try again.");
        };
    }

    /** Wraps for code that may throw {@link IOException} only. */
    static IOException asIo(ProviderException failure) {
        return new IOException(failure.getMessage(), failure);
    }
}
