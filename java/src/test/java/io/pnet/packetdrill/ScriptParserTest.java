package io.pnet.packetdrill;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The language as scripts write it, and what is said about what is not of it. */
class ScriptParserTest
{
    private static final long MS = 1_000_000L;

    private static Script parse(final String text)
    {
        return ScriptParser.parse(text, Map.of());
    }

    private static Event first(final String text)
    {
        return parse(text).events().get(0);
    }

    private static PacketSpec packet(final String text)
    {
        return assertInstanceOf(Event.Packet.class, first(text).action()).spec();
    }

    private static Event.SystemCall call(final String text)
    {
        return assertInstanceOf(Event.SystemCall.class, first(text).action());
    }

    @Test
    void readsEveryFormOfTime()
    {
        final Script script = parse(
            "0.100 `true`\n+.01 `true`\n0.1~0.2 `true`\n+0~+0.1 `true`\n* `true`\n`true`\n+ 0.5 `true`\n");
        final List<Event.Time> times = script.events().stream().map(Event::time).toList();
        assertEquals(new Event.Time(Event.Kind.ABSOLUTE, 100 * MS, 100 * MS), times.get(0));
        assertEquals(new Event.Time(Event.Kind.RELATIVE, 10 * MS, 10 * MS), times.get(1));
        assertEquals(new Event.Time(Event.Kind.ABSOLUTE, 100 * MS, 200 * MS), times.get(2));
        assertEquals(new Event.Time(Event.Kind.RELATIVE, 0, 100 * MS), times.get(3));
        assertEquals(Event.Kind.ANY, times.get(4).kind());
        assertEquals(new Event.Time(Event.Kind.RELATIVE, 0, 0), times.get(5));
        assertEquals(new Event.Time(Event.Kind.RELATIVE, 500 * MS, 500 * MS), times.get(6));
    }

    @Test
    void readsBlockingCallsWithTheirEnd()
    {
        assertEquals(6_000 * MS, call("1.00...6.00 connect(3, ..., ...) = -1 ETIMEDOUT (Timed out)").endNs());
        assertEquals(300 * MS, call("+0...0.300 write(4, ..., 61000) = 61000").endNs());
        assertEquals(-1, call("+0 read(4, ..., 10) = 10").endNs());
    }

    @Test
    void takesASignAfterAResultForTheNextEvent()
    {
        final Script script = parse("0 close(4) = 0\n+0.00 > F. 1:1(0) ack 801\n* > . 2:2(0) ack 1\n");
        assertEquals(3, script.events().size());
        assertEquals(new Value.Int(0), ((Event.SystemCall)script.events().get(0).action()).result());
    }

    @Test
    void readsValuesOfEachKind()
    {
        final Event.SystemCall connect = call(
            "0 connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr(\"192.0.2.1\")}, 16) = 0");
        final Value.Struct address = assertInstanceOf(Value.Struct.class, connect.arguments().get(1));
        assertEquals(new Value.Call("htons", List.of(new Value.Int(8080))), address.fields().get("sin_port"));
        final Event.SystemCall poll = call("0 poll([{fd=3, events=POLLIN|POLLOUT, revents=0}], 1, 0) = 0");
        assertInstanceOf(Value.Items.class, poll.arguments().get(0));
        final Event.SystemCall control = call("0 fcntl(3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)");
        assertEquals(new Value.Int(0x802), control.result());
        final Event.SystemCall message = call(
            "0 sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0}, 0) = 100");
        assertEquals(3, assertInstanceOf(Value.Struct.class, message.arguments().get(1)).fields().size());
    }

    @Test
    void readsErrnoWithOrWithoutANote()
    {
        assertEquals("EAGAIN", call("0 read(3, ..., 1) = -1 EAGAIN").errno());
        assertEquals("EINPROGRESS", call("0 connect(3, ..., ...) = -1 EINPROGRESS (In progress)").errno());
        assertNull(call("0 connect(3, ..., ...) = -1 // EINPROGRESS").errno());
    }

    @Test
    void readsFlagsOfAccurateEcnByNameAndNumber()
    {
        assertEquals(0x1C2, packet("0 < SEWA 0:0(0) win 1000").flags);
        assertEquals(0x150, packet("0 > 5. 1:1(0) ack 1").flags);
        assertEquals(0x11, packet("0 > F. 1:1(0) ack 1").flags);
        assertEquals(0, packet("0 < - 1:1(0) win 5").flags);
    }

    @Test
    void readsWhatStandsInFrontOfPackets()
    {
        assertEquals(2, packet("0 > [ect0] P. 1:1001(1000) ack 1").ecn);
        assertEquals(3, packet("0 <[ce] . 1:1(0) ack 1 win 5").ecn);
        assertEquals(0x28, packet("0 > (tos 0x28) . 1:1(0) ack 1").tos);
        assertEquals(64, packet("0 > (ttl 64) . 1:1(0) ack 1").ttl);
        assertEquals(4_000, packet("0 < 4000 > 8000 S 0:0(0) win 5").sourcePort);
        assertTrue(packet("0 > [ect01] . 1:1(0) ack 1").isAnyEct);
    }

    @Test
    void readsOptionsInAnyOrder()
    {
        final PacketSpec syn = packet("0 > S 0:0(0) <mss 1460, nop, wscale 6,sackOK,TS val 100 ecr 0>");
        assertEquals(
            List.of("mss", "nop", "wscale", "sackOK", "TS"),
            syn.options.stream().map(PacketSpec.OptionSpec::name).toList());
        assertNull(packet("0 > S 0:0(0) <...>").options);
        assertTrue(packet("0 > . 1:1(0) ack 1").options.isEmpty());
        assertEquals(
            List.of(1L, 100L, 200L, 300L),
            packet("0 > . 1:1(0) ack 1 <sack 1:100 200:300>").options.get(0).values());
        assertEquals(PacketSpec.UNSET, packet("0 > S 0:0(0) win * <TS val ... ecr 0>").options.get(0).value(0));
    }

    @Test
    void readsAnInboundPacketWithoutATimeAfterAnOutboundOne()
    {
        final Script script = parse("0 > S 0:0(0)\n< S. 0:0(0) ack 1 win 100 <mss 1000>\n");
        assertEquals(2, script.events().size());
    }

    @Test
    void readsIcmpWithQuotedPackets()
    {
        final PacketSpec tooBig = packet("0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]");
        assertEquals("frag_needed", tooBig.icmpCode);
        assertEquals(1_200, tooBig.mtu);
        assertEquals(1_460, tooBig.quoted.length);
        assertEquals(4, packet("0 < icmp unreachable port_unreachable [udp (4)]").quoted.length);
    }

    @Test
    void readsOptionsCommentsCommandsAndCode()
    {
        final Script script = parse(
            "// a comment\n--tolerance_usecs=10000 // another\n--mtu=1280\n# and one\n/* and\n one */\n" +
            "`./defaults.sh\nsysctl -q net.ipv4.tcp_sack=0`\n0 %{ assert tcpi_state == 1 }%\n");
        assertEquals(Map.of("tolerance_usecs", "10000", "mtu", "1280"), script.options());
        assertTrue(script.isLinux());
        assertFalse(script.isBsd());
        assertEquals(7, script.events().get(0).line());
        assertEquals(9, script.events().get(1).line());
    }

    @Test
    void takesTheSideOfAConditionalThatIsDefined()
    {
        final String text = "0 `a`\n#ifdef STANDARD\n0 `b`\n#else\n0 `c`\n#endif\n";
        assertEquals(
            List.of("a", "b"),
            ScriptParser.parse(text, Map.of("STANDARD", "")).events().stream()
                .map(event -> ((Event.Command)event.action()).text()).toList());
        assertEquals("c", ((Event.Command)parse(text).events().get(1).action()).text());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {
        "0 socket(..., SOCK_STREAM = 3 ! 1 ! expected ',' at '= 3'",
        "0 listen(3, 1) ! 1 ! expected '=' at the end of the script",
        "0 `true ! 1 ! command without end",
        "0 %{ assert 1 ! 1 ! code without end",
        "/* no end ! 1 ! comment without end",
        "0 > Q 0:0(0) ! 1 ! 'Q' is no TCP flag, in 'Q'",
        "0 > . 1:1(0) ! 1 ! the ACK flag is set, but there is no ack",
        "0 > . 1:10(5) ack 1 ! 1 ! 1:10 is not 5 bytes",
        "0 > S 0:0 ! 1 ! expected '(' at the end of the script",
        "+ `true` ! 1 ! expected a time after '+' at '`true`'",
        "0.2~0.1 `true` ! 1 ! the range of time ends before it begins",
        "2.0...1.0 read(3, ..., 1) = 1 ! 1 ! the call ends before it begins",
        "0 > . 1:1(0) ack 1 <sack 1-2> ! 1 ! expected ':' at '-2>'",
        "0 ?? ! 1 ! expected a packet, a call, a command or code at '??'",
    })
    void saysInOneLineWhatIsWrongAndWhere(final String text, final int line, final String message)
    {
        final ScriptException ex = assertThrows(ScriptException.class, () -> parse(text));
        assertEquals(message, ex.getMessage());
        assertEquals(line, ex.line());
        assertFalse(ex.isSkip());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {
        "0 < sctp: INIT[] ! packets of sctp",
        "0 > S 0:0(0) <mptcp> ! TCP option 'mptcp'",
        "0 > [green] S 0:0(0) ! 'green' in front of a packet",
    })
    void skipsWhatItDoesNotKnow(final String text, final String message)
    {
        final ScriptException ex = assertThrows(ScriptException.class, () -> parse("0 `true`\n" + text));
        assertEquals(message, ex.getMessage());
        assertEquals(2, ex.line());
        assertTrue(ex.isSkip());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {
        "0 `rm -rf /` ! command: rm -rf /",
        "0 `sysctl -w net.inet.tcp.unheard_of=1` ! setting net.inet.tcp.unheard_of to 1",
        "0 frobnicate(3) = 0 ! the call frobnicate",
        "0 socket(..., SOCK_STREAM, IPPROTO_SCTP) = 3 ! sockets of this type and protocol",
        "0 socket(..., SOCK_STRING, 0) = 3 ! the constant SOCK_STRING",
        "--unheard_of=1\\n0 `true` ! the option --unheard_of",
    })
    void skipsWhatMeansNothingHereWhenItRuns(final String text, final String message)
    {
        final Outcome outcome = new Packetdrill().run("script", text.replace("\\n", "\n"));
        assertEquals(Outcome.Result.SKIPPED, outcome.result(), outcome::report);
        assertEquals(message, outcome.message());
    }

    @Test
    void reportsExpectedAndActualBelowTheLine()
    {
        final String report = new Packetdrill().run(
            "script",
            "0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3\n" +
            "+0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > F 0:0(0) <...>\n").report();
        final String[] lines = report.split("\n");
        assertEquals("FAIL script:3: the flags differ; the sequence number differs", lines[0]);
        assertEquals("    script:   +0 > F 0:0(0) <...>", lines[1]);
        assertEquals("    expected: F 0:0(0) <...>", lines[2]);
        assertTrue(lines[3].startsWith("    actual:   S "), lines[3]);
    }

    @Test
    void evaluatesAssertionsAsPythonWould()
    {
        final Map<String, Long> fields = Map.of("tcpi_rto", 200_000L, "tcpi_state", 4L);
        final Code code = new Code(fields, new HashMap<>(), new Symbols(Dialect.FREEBSD), 1);
        assertNull(code.run(
            "assert tcpi_state == TCPI_ESTABLISHED and not tcpi_rto < 1000, tcpi_rto\n" +
            "print(tcpi_rto)\nassert 100000 <= tcpi_rto <= 300000; assert (tcpi_rto + 1) // 2 % 7 == 5 or True\n" +
            "assert (tcpi_rto\n  == 200 * 1000)\n"));
        assertNull(code.run("LIMIT = 0x7fffffff; assert tcpi_rto < LIMIT"));
        assertEquals("assert tcpi_rto == 1, where tcpi_rto is 200000", code.run("assert tcpi_rto == 1"));
        assertTrue(assertThrows(ScriptException.class, () -> code.run("assert tcpi_unheard == 1")).isSkip());
        assertTrue(assertThrows(ScriptException.class, () -> code.run("import os")).isSkip());
    }
}
