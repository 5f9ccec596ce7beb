package io.tidemark.journal;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A view: the changes up to a position over the base image. */
final class LayeredView implements VolumeView {
    private final JournalVolume volume;
    private final long position;
    private final ViewLayers layers;
    private final BaseImage base;
    private final Runnable release;

    /** @param release lets go of what the view holds; may be called more than once */
    LayeredView(JournalVolume volume, long position, ViewLayers layers, BaseImage base, Runnable release) {
        this.volume = volume;
        this.position = position;
        this.layers = layers;
        this.base = base;
        this.release = release;
    }

    @Override
    public VolumeId volume() {
        return volume.id();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public long sizeBytes() {
        return volume.sizeBytes();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        int lengthBytes = into.remaining();
        Objects.checkFromIndexSize(offset, lengthBytes, sizeBytes());
        if (lengthBytes == 0) {
            return;
        }
        layers.looking(() -> {
            fill(offset, lengthBytes, into);
            return into;
        });
        into.position(into.limit());
    }

    private void fill(long offset, int lengthBytes, ByteBuffer into) throws IOException {
        for (LayerReader.Piece piece : layers.resolve(offset, offset + lengthBytes)) {
            int part = (int) (piece.end() - piece.start());
            ByteBuffer target = into.slice(into.position() + (int) (piece.start() - offset), part);
            switch (piece) {
                case LayerReader.Piece.Data data -> layers.reader().read(data, target);
                case LayerReader.Piece.Zero _ -> target.put(new byte[part]);
                case LayerReader.Piece.Below below -> base.read(below.start(), target);
            }
        }
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        Objects.checkFromIndexSize(offset, lengthBytes, sizeBytes());
        if (lengthBytes == 0) {
            return List.of();
        }
        return layers.looking(() -> list(offset, lengthBytes));
    }

    private List<BlockExtent> list(long offset, long lengthBytes) throws IOException {
        ExtentList list = new ExtentList();
        for (LayerReader.Piece piece : layers.resolve(offset, offset + lengthBytes)) {
            switch (piece) {
                case LayerReader.Piece.Data data -> list.add(data.start(), data.end(), BlockExtent.Content.DATA);
                case LayerReader.Piece.Zero zero -> list.add(zero.start(), zero.end(), BlockExtent.Content.ZERO);
                case LayerReader.Piece.Below below -> addBase(below.start(), below.end(), list);
            }
        }
        return list.extents();
    }

    private void addBase(long start, long end, ExtentList list) {
        long at = start;
        while (at < end) {
            long next = Math.min(end, (at / BaseImage.BLOCK_BYTES + 1) * BaseImage.BLOCK_BYTES);
            list.add(at, next, base.isZeroAt(at) ? BlockExtent.Content.ZERO : BlockExtent.Content.DATA);
            at = next;
        }
    }

    @Override
    public void close() {
        release.run();
    }

    /** Gathers adjacent extents, joining those with equal content. */
    static final class ExtentList {
        private final List<BlockExtent> extents = new ArrayList<>();

        void add(long start, long end, BlockExtent.Content content) {
            if (!extents.isEmpty() && extents.getLast().content() == content) {
                BlockExtent last = extents.removeLast();
                extents.add(new BlockExtent(last.offset(), end - last.offset(), content));
            } else {
                extents.add(new BlockExtent(start, end - start, content));
            }
        }

        List<BlockExtent> extents() {
            return List.copyOf(extents);
        }
    }
}
