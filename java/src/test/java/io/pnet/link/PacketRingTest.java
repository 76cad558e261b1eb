package io.pnet.link;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Packet rings on both ends of a veth pair, see {@link PacketRingScenarios}.
 */
@Tag("interop")
class PacketRingTest
{
    @ParameterizedTest
    @ValueSource(strings = {
        "carriesSmallFramesBothWays",
        "carriesOffloadsOfSmallFrames",
        "carriesSegmentationFramesBothWaysWithTheirOffloads",
        "showsTheVlanTagThatTheKernelStripped",
        "letsTheHandlerKeepChunks",
        "keepsTheOrderOfCommitsAcrossLanes",
        "showsSmallAndLargeFramesInTheOrderOfTheWire",
        "takesPlainFramesLargerThanASlot",
        "worksWithoutTxRing",
        "dropsAndCountsWhenThePoolIsExhausted",
        "dropsAndCountsFramesLargerThanASlotWithoutCopies",
        "countsWhatTheKernelDropped",
        "skipsAFrameThatTheDeviceRefuses",
        "goesOnAfterTheInterfaceWasDown",
        "waitsForFramesSignalsAndTime",
        "reportsCongestionBehindAShaper",
        "aFullRingIsLookedAtAgainWithoutSpinning",
        "passesASlotThatDoesNotComeBack",
        "countsWhatAShortQueueDrops",
        "worksWithTheSmallestSendBuffers",
        "losesNothingWithoutAWordWhenTheInterfaceGoesDownDuringTraffic",
        "doesNotSpinWhenTheInterfaceIsGone",
        "countsEveryTimeTheInterfaceWentDown",
        "takesOverInheritedDescriptors",
        "readsZerosAfterClose",
        "explainsWhatItCannotOpen",
        "saysWhichCapabilityIsMissing",
    })
    void packetRing(final String scenario) throws Exception
    {
        Namespace.run(PacketRingScenarios.class, scenario);
    }
}
