package io.tidemark.target.aws.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TagTextTest {
    @Test
    void plainTextIsItself() {
        for (String text : List.of("", "a", "4f1c-77/vda", "10737418752", "arn:aws:x_y.z@w+v")) {
            assertEquals(text, TagText.encode(text));
        }
    }

    @Test
    void everyTextComesBackAndIsLawful() {
        long seed = System.nanoTime();
        System.out.println("seed: " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            String text = random.ints(0, 0x11000)
                    .filter(each -> !Character.isSurrogate((char) each) || each > 0xffff)
                    .limit(random.nextInt(20))
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            String encoded = TagText.encode(text);
            assertTrue(encoded.matches("[A-Za-z0-9+=._:/@-]*"), encoded);
            assertEquals(text, TagText.decode(encoded));
        }
    }

    @Test
    void whatIsTooLongOrBrokenIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> TagText.encode("x".repeat(257)));
        assertThrows(IllegalArgumentException.class, () -> TagText.encode(" ".repeat(86)));
        assertThrows(IllegalArgumentException.class, () -> TagText.decode("a=2"));
        assertThrows(IllegalArgumentException.class, () -> TagText.decode("a=ZZ"));
    }
}
