package io.pnet.bench.servers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run has at hand.
 *
 * @param net       the script that makes wires, {@code ci/net}.
 * @param pnet      the launcher.
 * @param java      the runtime of what is tested: the servers and the clients.
 * @param artifacts a folder with one folder a published program.
 * @param work      a folder for what the programs write, removed at the end.
 * @param classes   the class path of our own small clients.
 * @param megabytes how large the file is that goes up and down, in MiB.
 * @param sha256    that file's digest in hexadecimal.
 */
record Tools(
    Path net, Path pnet, Path java, Path artifacts, Path work, String classes, int megabytes, String sha256)
{
    /** The file that goes up and down; beside it lies {@code hello.txt}. */
    Path big()
    {
        return data().resolve("big.bin");
    }

    /** The folder that file servers serve. */
    Path data()
    {
        return work.resolve("data");
    }

    long bytes()
    {
        return (long)megabytes << 20;
    }

    /** All jars of a published program. */
    String jars(final String program)
    {
        return artifacts.resolve(program) + "/*";
    }

    /** The command that runs a class of ours on the JDK that runs us: only ever at the kernel's end. */
    List<String> ours(final Class<?> main, final String... arguments)
    {
        final List<String> words = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-cp", classes,
            main.getName()));
        words.addAll(List.of(arguments));
        return words;
    }

    /** The command that runs a class of ours as the application under test. */
    List<String> tested(final String otherJars, final Class<?> main, final String... arguments)
    {
        final List<String> words = new ArrayList<>(List.of(
            java.toString(), "-Xmx512m", "-cp", classes + (otherJars.isEmpty() ? "" : ":" + otherJars),
            main.getName()));
        words.addAll(List.of(arguments));
        return words;
    }
}
