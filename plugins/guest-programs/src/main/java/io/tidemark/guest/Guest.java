package io.tidemark.guest;

import io.tidemark.spi.error.ProviderException;
import java.util.List;

/** The machine that a program runs in. Any thread. */
public interface Guest {
    /** For messages. */
    String name();

    List<? extends GuestDisk> disks();

    /** @throws ProviderException when the machine has lost its power since the program started */
    void requirePower() throws ProviderException;
}
