package io.pnet.run;

import io.pnet.link.NativeLibrary;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Loads the native library out of the agent's jar. A library must be a file to be loaded, and need not be one any more
 * once it is: the folder is gone before the application starts, however the JVM ends.
 */
final class NativeFiles
{
    private static final String CACHE = "org.bytedeco.javacpp.cachedir";
    /** Nothing of ours is freed by JavaCPP's thread. */
    private static final String NO_THREAD = "org.bytedeco.javacpp.noPointerGC";

    private NativeFiles()
    {
    }

    /** Loads it. The properties are JavaCPP's, and an application's own JavaCPP finds them as they were. */
    static void load() throws IOException
    {
        final Path folder = Files.createTempDirectory("pnet-native-");
        final String cache = System.setProperty(CACHE, folder.toString());
        final String noThread = System.setProperty(NO_THREAD, "true");
        try
        {
            NativeLibrary.ensureAvailable();
        }
        finally
        {
            restore(CACHE, cache);
            restore(NO_THREAD, noThread);
            delete(folder);
        }
    }

    private static void restore(final String key, final String value)
    {
        if (value == null)
        {
            System.clearProperty(key);
        }
        else
        {
            System.setProperty(key, value);
        }
    }

    private static void delete(final Path folder) throws IOException
    {
        final List<Path> files;
        try (Stream<Path> walk = Files.walk(folder))
        {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (final Path file : files)
        {
            Files.deleteIfExists(file);
        }
    }
}
