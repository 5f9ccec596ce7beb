package io.tidemark.server.rest;

import io.tidemark.spi.error.ProviderException;
import java.io.IOException;

/** Answers the requests of one operation id; runs on a virtual thread and may block. */
@FunctionalInterface
interface Operation {
    /** @throws ProblemException to refuse with a precise problem */
    Answer answer(Call call) throws ProviderException, IOException;
}
