package io.tidemark.server.rest;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Receives a body into a temporary file and gives the file to its receiver on a virtual thread; the file is gone afterwards. */
final class Upload implements Handler<RoutingContext> {
    /** Longest file, in bytes. */
    static final long MAX_BYTES = 256L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Upload.class);

    private final Path folder;
    private final Executor executor;
    private final Function<Path, Answer> receiver;

    Upload(Path folder, Executor executor, Function<Path, Answer> receiver) {
        this.folder = folder;
        this.executor = executor;
        this.receiver = receiver;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        String type = request.getHeader("Content-Type");
        String length = request.getHeader("Content-Length");
        if (type == null || !type.startsWith("application/octet-stream")) {
            context.fail(new Problem(
                            415,
                            "unsupported-media-type",
                            "The file was not taken",
                            "its media type is " + type,
                            "Send the zip's bytes with 'Content-Type: application/octet-stream'.")
                    .exception());
        } else if (length == null) {
            context.fail(new Problem(
                            411,
                            "length-required",
                            "The file was not taken",
                            "the request does not say how long it is",
                            "Send a Content-Length.")
                    .exception());
        } else if (Long.parseLong(length) > MAX_BYTES) {
            context.fail(new Problem(
                            413,
                            "body-too-large",
                            "The file was not taken",
                            "it has " + length + " bytes and the limit is " + MAX_BYTES,
                            "Send a smaller file.")
                    .exception());
        } else {
            receive(context);
        }
    }

    private void receive(RoutingContext context) {
        HttpServerRequest request = context.request();
        request.pause();
        Path file = folder.resolve(RequestIds.of(context) + ".zip");
        Future<AsyncFile> opened = context.vertx()
                .fileSystem()
                .open(file.toString(), new OpenOptions().setCreateNew(true).setWrite(true));
        opened.compose(request::pipeTo).onComplete(done -> {
            if (done.failed()) {
                delete(file);
                context.fail(done.cause());
            } else {
                executor.execute(() -> RestServer.complete(context, () -> {
                    try {
                        return receiver.apply(file);
                    } finally {
                        delete(file);
                    }
                }));
            }
        });
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("file", file).setCause(e).log("A received file could not be removed");
        }
    }
}
