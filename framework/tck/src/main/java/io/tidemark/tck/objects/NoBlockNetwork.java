package io.tidemark.tck.objects;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.BlockNetwork;
import java.io.IOException;

/** The block network of a host whose provider has no business with block devices. */
public final class NoBlockNetwork implements BlockNetwork {
    @Override
    public BlockExport export(String name, BlockDevice device) throws IOException {
        throw new IOException("an object store exports no block devices");
    }

    @Override
    public BlockDevice connect(BlockAddress address) throws IOException {
        throw new IOException("an object store opens no block devices");
    }
}
