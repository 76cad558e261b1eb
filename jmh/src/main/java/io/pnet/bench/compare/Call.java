package io.pnet.bench.compare;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What {@code ci/compare} hands over to {@link Targets} and {@link Breakdown}.
 *
 * @param out     where the results go.
 * @param net     the script, {@code ci/net}.
 * @param pnet    the launcher.
 * @param name    what the namespaces' names begin with.
 * @param version of Pnet.
 * @param only    the groups to run; all where empty.
 * @param java    the command that runs a class of the benchmarks.
 */
record Call(
    boolean isQuick, Path out, Path net, Path pnet, String name, String version, Set<String> only, List<String> java)
{
    static Call of(final String[] args)
    {
        boolean isQuick = false;
        Path out = null;
        Path net = null;
        Path pnet = null;
        String name = "pnetcmp";
        String version = "";
        final Set<String> only = new TreeSet<>();
        for (int i = 0; i < args.length; i++)
        {
            switch (args[i])
            {
                case "--quick" -> isQuick = true;
                case "--out" -> out = Path.of(args[++i]);
                case "--net" -> net = Path.of(args[++i]);
                case "--pnet" -> pnet = Path.of(args[++i]);
                case "--name" -> name = args[++i];
                case "--pnet-version" -> version = args[++i];
                case "--only" -> only.addAll(List.of(args[++i].toLowerCase(Locale.ROOT).split(",")));
                default -> throw new IllegalArgumentException("no option " + args[i]);
            }
        }
        if (out == null || net == null || pnet == null)
        {
            throw new IllegalArgumentException("--out, --net and --pnet are needed; ci/compare gives them");
        }
        return new Call(isQuick, out, net, pnet, name, version, only, javaCommand());
    }

    boolean wants(final String group)
    {
        return only.isEmpty() || only.contains(group);
    }

    /** JVM, flags and class path, as this process has them. */
    private static List<String> javaCommand()
    {
        return List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
            "-Dorg.bytedeco.javacpp.noPointerGC=true",
            "-cp", System.getProperty("java.class.path"));
    }
}
