package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.guest.RandomWriter;
import java.util.Map;
import java.util.Optional;

/**
 * What runs inside a VM, from its extra configuration.
 *
 * @param hasConsole whether there is a program that answers on the console
 * @param random what is written besides, if anything
 */
record GuestSettings(boolean hasConsole, Optional<RandomWriter.Settings> random) {
    private static final String PREFIX = "guestinfo.tidemark.";
    private static final String WORKLOAD = PREFIX + "workload";
    private static final int DEFAULT_WRITES_PER_SECOND = 50;

    /** @throws BadRequestException when a setting is not understood: a typing error would else pass for a quiet guest */
    static GuestSettings of(Map<String, String> settings) throws BadRequestException {
        String workload = settings.getOrDefault(WORKLOAD, "ledger");
        return switch (workload) {
            case "none" -> new GuestSettings(false, Optional.empty());
            case "ledger" -> new GuestSettings(true, Optional.empty());
            case "random" -> new GuestSettings(true, Optional.of(random(settings)));
            default ->
                throw new BadRequestException(WORKLOAD + " is 'none', 'ledger' or 'random', not '" + workload + "'");
        };
    }

    private static RandomWriter.Settings random(Map<String, String> settings) throws BadRequestException {
        long perSecond = "max".equals(settings.get(PREFIX + "writes-per-second"))
                ? RandomWriter.Settings.UNPACED
                : number(settings, "writes-per-second", DEFAULT_WRITES_PER_SECOND);
        try {
            return new RandomWriter.Settings(
                    Math.toIntExact(perSecond),
                    Math.toIntExact(number(settings, "threads-per-disk", 1)),
                    Math.toIntExact(number(settings, "zero-percent", 0)),
                    Math.toIntExact(number(settings, "flush-percent", 0)),
                    number(settings, "seed", System.nanoTime()));
        } catch (IllegalArgumentException | ArithmeticException unfit) {
            throw new BadRequestException("the random writer is not to be had so: " + unfit.getMessage());
        }
    }

    private static long number(Map<String, String> settings, String key, long otherwise) throws BadRequestException {
        String text = settings.get(PREFIX + key);
        try {
            return text == null ? otherwise : Long.parseLong(text);
        } catch (NumberFormatException none) {
            throw new BadRequestException(PREFIX + key + " is no number: '" + text + "'");
        }
    }
}
