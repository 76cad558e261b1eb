package io.pnet;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/**
 * The rooms of the runtime and who may know whom.
 *
 * <p>Nothing below {@code stack} reads a clock, draws a random number that nobody seeded, starts a thread or opens a
 * file: time, randomness and links come in from outside. That is what lets whole networks run on a virtual clock.
 */
@AnalyzeClasses(packages = "io.pnet", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest
{
    /** From the bottom to the top: each room may know itself, those below it, and {@code counters}. */
    private static final List<String> WIRE = List.of();
    private static final List<String> LINK = List.of("wire", "counters");
    private static final List<String> IP = and(LINK, "link");
    private static final List<String> TRANSPORT = and(IP, "ip");
    private static final List<String> PROTOCOL = and(TRANSPORT, "transport");
    private static final List<String> STACK = and(PROTOCOL, "udp", "tcp");
    private static final List<String> SOCKET = and(STACK, "stack");
    private static final List<String> SIM = and(SOCKET, "socket");
    private static final List<String> PACKETDRILL = SOCKET;
    private static final List<String> DNS = and(SOCKET, "socket");
    private static final List<String> JVM = SOCKET;
    private static final List<String> NIO = and(SOCKET, "socket", "jvm");
    private static final List<String> RUN = and(NIO, "nio", "dns");

    private static final String[] BELOW_STACK =
    {
        "io.pnet.wire..", "io.pnet.counters..", "io.pnet.link..", "io.pnet.ip..",
        "io.pnet.transport..", "io.pnet.udp..", "io.pnet.tcp.."
    };

    @ArchTest
    static final ArchRule WIRE_KNOWS_NOBODY = room("wire", WIRE);
    @ArchTest
    static final ArchRule COUNTERS_KNOW_NOBODY = room("counters", List.of());
    @ArchTest
    static final ArchRule LINK_KNOWS_WIRE = room("link", LINK);
    @ArchTest
    static final ArchRule IP_KNOWS_LINK = room("ip", IP);
    @ArchTest
    static final ArchRule TRANSPORT_KNOWS_IP = room("transport", TRANSPORT);
    @ArchTest
    static final ArchRule UDP_KNOWS_TRANSPORT_AND_NOT_TCP = room("udp", PROTOCOL);
    @ArchTest
    static final ArchRule TCP_KNOWS_TRANSPORT_AND_NOT_UDP = room("tcp", PROTOCOL);
    @ArchTest
    static final ArchRule STACK_KNOWS_THE_TRANSPORTS = room("stack", STACK);
    @ArchTest
    static final ArchRule SOCKET_KNOWS_STACK = room("socket", SOCKET);
    @ArchTest
    static final ArchRule SIM_KNOWS_STACK = room("sim", SIM);
    @ArchTest
    static final ArchRule PACKETDRILL_KNOWS_STACK = room("packetdrill", PACKETDRILL);
    @ArchTest
    static final ArchRule DNS_KNOWS_STACK = room("dns", DNS);
    @ArchTest
    static final ArchRule JVM_KNOWS_STACK = room("jvm", JVM);
    @ArchTest
    static final ArchRule NIO_KNOWS_STACK = room("nio", NIO);
    @ArchTest
    static final ArchRule RUN_KNOWS_NIO = room("run", RUN);
    @ArchTest
    static final ArchRule AGENT_KNOWS_NOBODY = room("agent", List.of());

    @ArchTest
    static final ArchRule ONLY_TOOLS_PARSE_COMMAND_LINES_AND_JSON = noClasses()
        .that().resideOutsideOfPackage("io.pnet.tools..")
        .should().dependOnClassesThat().resideInAnyPackage("picocli..", "com.google.gson..");

    @ArchTest
    static final ArchRule ONLY_LINK_KNOWS_JAVACPP = noClasses()
        .that().resideOutsideOfPackages("io.pnet.link..", "io.pnet.tools..")
        .should().dependOnClassesThat().resideInAPackage("org.bytedeco..");

    @ArchTest
    static final ArchRule NOTHING_BELOW_STACK_READS_A_CLOCK = belowStack("read a clock", access ->
        is(access, System.class, Set.of("nanoTime", "currentTimeMillis")) ||
            access.getTargetOwner().getPackageName().equals("java.time") && access.getName().equals("now") ||
            access.getTargetOwner().getPackageName().equals("org.agrona.concurrent") &&
                Set.of("nanoTime", "time").contains(access.getName()));

    @ArchTest
    static final ArchRule NOTHING_BELOW_STACK_DRAWS_RANDOMNESS_OF_ITS_OWN = belowStack("draw randomness", access ->
        unseeded(access, Random.class) ||
            unseeded(access, SplittableRandom.class) ||
            access.getTargetOwner().isAssignableTo(ThreadLocalRandom.class) ||
            access.getTargetOwner().getName().startsWith("java.security.") ||
            access.getTargetOwner().getName().equals("java.util.UUID") && access.getName().equals("randomUUID") ||
            is(access, Math.class, Set.of("random")));

    @ArchTest
    static final ArchRule NOTHING_BELOW_STACK_STARTS_A_THREAD_OR_SLEEPS = belowStack("start a thread", access ->
        access.getTargetOwner().isAssignableTo(Thread.class) &&
            !Set.of("onSpinWait", "currentThread").contains(access.getName()) ||
            access.getTargetOwner().getName().equals("java.util.concurrent.Executors") ||
            access.getTargetOwner().getName().equals("java.util.concurrent.locks.LockSupport") ||
            access.getTargetOwner().isAssignableTo(java.util.Timer.class));

    @ArchTest
    static final ArchRule NOTHING_BELOW_STACK_OPENS_A_FILE = belowStack("open a file", access ->
        access.getTargetOwner().getPackageName().equals("java.nio.file") ||
            access.getTargetOwner().getName().startsWith("java.io.File") ||
            access.getTargetOwner().getName().startsWith("java.io.RandomAccessFile") ||
            access.getName().equals("open") &&
                access.getTargetOwner().getPackageName().startsWith("java.nio.channels"));

    @ArchTest
    static final ArchRule NOBODY_PRINTS_BUT_THE_TOOLS_AND_WHAT_STARTS_A_JVM = noClasses()
        .that().resideOutsideOfPackages("io.pnet.tools..", "io.pnet.run..", "io.pnet.agent..")
        .should().accessField(System.class, "out")
        .orShould().accessField(System.class, "err");

    private static List<String> and(final List<String> rooms, final String... more)
    {
        final List<String> all = new ArrayList<>(rooms);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }

    /** The rule that a room depends on nothing of ours but itself and the given rooms. */
    private static ArchRule room(final String name, final List<String> known)
    {
        final String[] allowed = known.stream().map(room -> "io.pnet." + room + "..").toArray(String[]::new);
        final DescribedPredicate<JavaClass> ours = resideInAPackage("io.pnet..");
        final DescribedPredicate<JavaClass> own = resideInAPackage("io.pnet." + name + "..");
        final DescribedPredicate<JavaClass> foreign = known.isEmpty() ?
            ours.and(DescribedPredicate.not(own)) :
            ours.and(DescribedPredicate.not(own.or(resideInAnyPackage(allowed))));
        return noClasses().that().resideInAPackage("io.pnet." + name + "..")
            .should().dependOnClassesThat(foreign)
            .as("'" + name + "' knows nobody of ours but " + known)
            .allowEmptyShould(true);
    }

    /** The rule that no class below stack does something, the open factories and natives of links aside. */
    private static ArchRule belowStack(final String what, final Predicate<JavaAccess<?>> doesIt)
    {
        return classes().that().resideInAnyPackage(BELOW_STACK)
            .and(describe("are not what opens links", type -> !opensLinks(type)))
            .should(new ArchCondition<>("not " + what)
            {
                @Override
                public void check(final JavaClass type, final ConditionEvents events)
                {
                    for (final JavaAccess<?> access : type.getAccessesFromSelf())
                    {
                        if (doesIt.test(access))
                        {
                            events.add(SimpleConditionEvent.violated(access, access.getDescription()));
                        }
                    }
                }
            });
    }

    private static boolean opensLinks(final JavaClass type)
    {
        return type.getPackageName().equals("io.pnet.link") &&
            (type.getSimpleName().startsWith("Native") || type.getSimpleName().equals("Links"));
    }

    private static boolean is(final JavaAccess<?> access, final Class<?> owner, final Set<String> names)
    {
        return access.getTargetOwner().isEquivalentTo(owner) && names.contains(access.getName());
    }

    private static boolean unseeded(final JavaAccess<?> access, final Class<?> generator)
    {
        return access instanceof JavaConstructorCall call &&
            call.getTargetOwner().isAssignableTo(generator) &&
            call.getTarget().getRawParameterTypes().isEmpty();
    }
}
