package io.pnet.link;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** TAPs with a packet ring on their kernel side, see {@link TapScenarios}. */
@Tag("interop")
class TapTest
{
    @BeforeAll
    static void needsTheDriver()
    {
        Assumptions.assumeTrue(
            Files.isWritable(Path.of("/dev/net/tun")), "no access to /dev/net/tun: run as root, or chmod 0666 it");
    }

    static Stream<String> scenarios()
    {
        return Stream.of(
            "createsOneThatGoesAwayWithIt",
            "carriesSmallFramesBothWays",
            "carriesSegmentationFramesBothWays",
            "keepsTheOrderOfCommits",
            "receivesNoOffloadsThatWereNotAskedFor",
            "dropsAndCountsWhenThePoolIsExhausted",
            "goesOnAfterTheInterfaceWasDown",
            "doesNotSpinWhenTheInterfaceIsGone",
            "takesOverAnInheritedDescriptor",
            "givesDescriptorsBackWhenTheMtuIsTooLarge",
            "explainsWhatItCannotOpen");
    }

    /** By io_uring, where the kernel has it. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void tap(final String scenario) throws Exception
    {
        Namespace.run(TapScenarios.class, scenario, "uring");
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void plainTap(final String scenario) throws Exception
    {
        Namespace.run(TapScenarios.class, scenario, "plain");
    }
}
