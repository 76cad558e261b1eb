package io.pnet.jvm;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Class files go through unchanged but for the constants that are changed. */
class ClassFileTest
{
    /** Has one constant of every size, and calls to be redirected. */
    static final class Subject
    {
        static final long LONG = 0x1234_5678_9ABC_DEF0L;

        private Subject()
        {
        }

        static String text(final double value, final float other)
        {
            final Runnable runnable = () -> twice(1);
            runnable.run();
            return twice(2) + " " + once(3) + " " + value * 2.5 + other * 1.5f + LONG + "\u00e9\u4e2d\0";
        }

        static int twice(final int value)
        {
            return value * 2;
        }

        static int once(final int value)
        {
            return value;
        }
    }

    /** Where the calls go. */
    static final class Target
    {
        private Target()
        {
        }

        static int twice(final int value)
        {
            return value * 200;
        }
    }

    private static byte[] bytes(final Class<?> type) throws IOException
    {
        try (InputStream input = type.getResourceAsStream(type.getName().replaceAll(".*\\.", "") + ".class"))
        {
            return input.readAllBytes();
        }
    }

    @Test
    void writesWhatItHasRead() throws Exception
    {
        for (final Class<?> type : new Class<?>[]{Subject.class, ClassFile.class, String.class, java.net.Socket.class})
        {
            assertArrayEquals(bytes(type), new ClassFile(bytes(type)).bytes(), type.getName());
        }
    }

    @Test
    void redirectsAndRenames() throws Exception
    {
        final String subject = Subject.class.getName().replace('.', '/');
        final ClassFile file = ClassFile.of(ClassFileTest.class, "ClassFileTest$Subject");
        assertEquals(
            Set.of("twice"),
            file.redirect(subject, Set.of("twice", "never"), Target.class.getName().replace('.', '/')));
        file.rename(Map.of(subject, "io/pnet/jvm/Renamed"));
        final Class<?> renamed = java.lang.invoke.MethodHandles.lookup().defineClass(file.bytes());
        assertEquals("io.pnet.jvm.Renamed", renamed.getName());
        final var text = renamed.getDeclaredMethod("text", double.class, float.class);
        assertEquals(Subject.text(1, 2).replaceFirst("4", "400"), text.invoke(null, 1.0, 2.0f));
    }
}
