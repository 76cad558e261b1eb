package io.pnet.jvm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** NetworkInterface as an application sees it, in a JVM of its own with an agent. */
class SystemInterfacesTest
{
    @TempDir
    private Path folder;

    private Path agent(final boolean mayRetransform) throws IOException
    {
        final Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", InterfacesProgram.class.getName());
        manifest.getMainAttributes().putValue("Can-Retransform-Classes", Boolean.toString(mayRetransform));
        final Path jar = folder.resolve("agent.jar");
        try (OutputStream file = Files.newOutputStream(jar);
            JarOutputStream output = new JarOutputStream(file, manifest))
        {
            output.finish();
        }
        return jar;
    }

    private static List<String> run(final Path agent) throws Exception
    {
        final Process process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-javaagent:" + agent,
            "-cp", System.getProperty("java.class.path"),
            "-Xmx256m",
            "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED",
            "--add-opens", "java.base/java.net=ALL-UNNAMED",
            InterfacesProgram.class.getName()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        final List<String> lines = process.inputReader().lines().toList();
        process.waitFor();
        return lines;
    }

    private static String line(final List<String> lines, final String key)
    {
        return lines.stream().filter(line -> line.startsWith(key + "=")).findFirst()
            .map(line -> line.substring(key.length() + 1))
            .orElseThrow(() -> new AssertionError("no " + key + " in " + lines));
    }

    @Test
    void showsTheAddressesThatASocketCanHave() throws Exception
    {
        final List<String> lines = run(agent(true));
        final String kernels = NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress()).map(InetAddress::getHostAddress).sorted()
            .collect(Collectors.joining("+"));
        assertEquals(kernels, line(lines, "before"), "without a process everything is the kernel's");
        assertEquals("10.0.0.1+fd00:0:0:0:0:0:0:1", line(lines, "all"));
        assertEquals("10.0.0.1+fd00:0:0:0:0:0:0:1", line(lines, "stream"));
        assertEquals("10.0.0.1+fd00:0:0:0:0:0:0:1", line(lines, "bindings"));
        assertEquals("pnet0/pnet0", line(lines, "name"));
        assertEquals("true/true/false/false/false", line(lines, "up"));
        assertEquals("true", line(lines, "mac"));
        assertEquals("true", line(lines, "mtu"));
        assertEquals("20 /10.0.15.255+64 null", line(lines, "prefixes"));
        assertEquals("pnet0", line(lines, "byAddress"));
        assertEquals("pnet0", line(lines, "bySix"));
        assertEquals("true", line(lines, "byIndex"));
        assertEquals("null", line(lines, "stranger"));
        assertEquals("null", line(lines, "nobody"));
        final boolean hasLoopback = NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")) != null;
        assertEquals(hasLoopback ? "true/true/true" : "none", line(lines, "loopback"));
    }

    @Test
    void saysThatTheManifestMustAllowIt() throws Exception
    {
        final List<String> lines = run(agent(false));
        assertTrue(lines.stream().anyMatch(line -> line.contains("needs Can-Retransform-Classes")), lines.toString());
    }
}
