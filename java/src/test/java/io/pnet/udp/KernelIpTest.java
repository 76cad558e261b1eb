package io.pnet.udp;

import io.pnet.link.Namespace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Internet layer and UDP against the kernel's, over a packet ring. */
@Tag("interop")
class KernelIpTest
{
    @ParameterizedTest
    @CsvSource({
        "1280, ping", "1500, ping", "9000, ping",
        "1280, udp", "1500, udp", "9000, udp",
        "1500, unreachable"})
    void agreesWithTheKernel(final String mtu, final String scenario) throws Exception
    {
        Namespace.run(KernelScenarios.class, mtu, scenario);
    }
}
