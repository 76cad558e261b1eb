package io.pnet.dns;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** InetAddress as an application sees it, in JVMs of its own: a resolver is for good. */
class SystemResolverTest
{
    private record Result(int status, List<String> lines)
    {
        String line(final String key)
        {
            return lines.stream().filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1))
                .findFirst().orElseThrow(() -> new AssertionError("no " + key + " in " + lines));
        }
    }

    private static Result run(final String... flags) throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "-Xmx256m"));
        command.addAll(List.of("--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"));
        command.addAll(List.of(flags));
        command.add(InstalledResolver.class.getName());
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        final List<String> lines = process.inputReader().lines().toList();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return new Result(process.exitValue(), lines);
    }

    @ParameterizedTest
    @CsvSource({
        "-Da=b, 10.1.1.1+fd00:0:0:0:0:0:0:9, 10.0.0.1",
        "-Djava.net.preferIPv6Addresses=true, fd00:0:0:0:0:0:0:9+10.1.1.1, fd00:0:0:0:0:0:0:1",
        "-Djava.net.preferIPv4Stack=true, 10.1.1.1, 10.0.0.1"})
    void answersForInetAddress(final String flag, final String both, final String own) throws Exception
    {
        final Result result = run("--add-opens", "java.base/java.net=ALL-UNNAMED", flag);
        assertEquals(0, result.status, result.lines.toString());
        assertEquals(both, result.line("both"));
        assertEquals("me.example/" + own, result.line("local"));
        assertEquals("true", result.line("localAgain"));
        assertEquals("me.example", result.line("ownName"));
        assertEquals("both.example", result.line("reverse"));
        assertEquals("10.1.1.2", result.line("liar"));
        assertEquals("10.1.1.3", result.line("nameless"));
        assertEquals("UnknownHostException", result.line("unknown"));
        assertEquals("true", result.line("loopback"));
        assertEquals("10.1.1.8", result.line("socketAddress"));
        assertEquals("192.0.2.1", result.line("literal"));
    }

    @Test
    void saysWhichFlagIsMissing() throws Exception
    {
        final Result result = run();
        assertEquals(2, result.status);
        assertEquals(
            List.of("cannot set the JVM's resolver: start java with --add-opens java.base/java.net=ALL-UNNAMED"),
            result.lines.stream().filter(line -> line.startsWith("cannot")).toList());
    }
}
