package io.pnet.packetdrill;

import io.pnet.wire.TcpHeader;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Plays a script, event by event, on the host's virtual clock. A call that has to wait is tried again whenever the
 * stack has worked, while the events after it go on.
 */
final class Executor
{
    private static final long S = 1_000_000_000L;
    /** How much later than it should a packet may come to be mentioned. */
    private static final long LOOK_AHEAD_NS = 5 * S;
    /** How long a packet is waited for whose time does not matter. */
    private static final long PATIENCE_NS = 4_000 * S;

    private final Script script;
    private final Host host;
    private final Kernel kernel;
    private final Commands commands;
    private final PacketWriter writer;
    private final PacketMatcher matcher;
    private final Dialect dialect;
    private final long toleranceNs;
    private final boolean isNothingMore;

    private final Map<String, Long> variables = new LinkedHashMap<>();
    private Event waitingEvent;
    private Attempt waiting;
    private long waitingUntilNs;
    private long previousNs;

    Executor(
        final Script script,
        final Host host,
        final Dialect dialect,
        final Sysctls sysctls,
        final Set<Relax> relax,
        final long toleranceNs,
        final boolean isNothingMore)
    {
        this.script = script;
        this.host = host;
        this.dialect = dialect;
        this.toleranceNs = toleranceNs;
        this.isNothingMore = isNothingMore;
        kernel = new Kernel(host, dialect, relax);
        commands = new Commands(host, sysctls);
        writer = new PacketWriter(host.local, host.remote);
        matcher = new PacketMatcher(relax, toleranceNs);
    }

    /** What went wrong. */
    static final class Failed extends RuntimeException
    {
        private static final long serialVersionUID = 1L;

        final transient Event event;
        final String expected;
        final String actual;

        Failed(final Event event, final String message, final String expected, final String actual)
        {
            super(message, null, false, false);
            this.event = event;
            this.expected = expected;
            this.actual = actual;
        }
    }

    /**
     * Plays it to the end.
     *
     * @throws Failed          when something does not happen as it should.
     * @throws ScriptException when it uses what is not there here.
     */
    void run()
    {
        for (final Event event : script.events())
        {
            final Event.Action action = event.action();
            if (action instanceof Event.Packet packet && !packet.isInbound())
            {
                expect(event, packet.spec());
            }
            else
            {
                waitUntil(event, at(event));
                act(event, action);
            }
            previousNs = host.elapsedNs();
        }
        finish();
    }

    private long at(final Event event)
    {
        switch (event.time().kind())
        {
            case ABSOLUTE:
                return event.time().ns();
            case RELATIVE:
                return previousNs + event.time().ns();
            default:
                return host.elapsedNs();
        }
    }

    private void act(final Event event, final Event.Action action)
    {
        if (action instanceof Event.Packet packet)
        {
            inject(event, packet.spec());
        }
        else if (action instanceof Event.SystemCall call)
        {
            begin(event, call);
        }
        else if (action instanceof Event.Command command)
        {
            final String wrong = commands.run(command.text(), event.line());
            if (wrong != null)
            {
                throw new Failed(event, "the command failed", null, wrong);
            }
        }
        else if (action instanceof Event.Code code)
        {
            final TcpFile file = kernel.socketUnderTest();
            if (file == null)
            {
                throw new Failed(event, "there is no TCP socket to ask for TCP_INFO", null, null);
            }
            final Map<String, Long> fields = new LinkedHashMap<>(
                InfoFields.of(file, dialect, new Symbols(dialect)));
            final String wrong = new Code(fields, variables, new Symbols(dialect), event.line()).run(code.text());
            if (wrong != null)
            {
                throw new Failed(event, "the assertion does not hold", null, wrong);
            }
        }
        pump();
    }

    // ---- time

    /** Lets time pass up to a moment. */
    private void waitUntil(final Event event, final long ns)
    {
        while (true)
        {
            final long nextNs = nextNs();
            if (nextNs > ns)
            {
                break;
            }
            host.advanceTo(nextNs);
            pump();
        }
        host.advanceTo(ns);
        pump();
    }

    private long nextNs()
    {
        long nextNs = host.nextEventNs();
        if (waiting != null)
        {
            nextNs = Math.min(nextNs, Math.max(waiting.deadlineNs(), host.elapsedNs()));
            nextNs = Math.min(nextNs, waitingUntilNs + toleranceNs + 1);
        }
        return Math.max(nextNs, host.elapsedNs());
    }

    // ---- calls

    private void begin(final Event event, final Event.SystemCall call)
    {
        if (waiting != null)
        {
            throw new Failed(event, "the call begins while another one still waits", null,
                "line " + waitingEvent.line() + " has not returned");
        }
        final long startNs = host.elapsedNs();
        final Attempt attempt = kernel.call(call, event.line());
        final Reply reply = attempt.attempt();
        if (call.endNs() < 0)
        {
            if (reply == null)
            {
                throw new Failed(
                    event, "the call does not return at once", call.result() + " " + note(call), "it waits");
            }
            check(event, call, reply);
            return;
        }
        waitingUntilNs = event.time().kind() == Event.Kind.ABSOLUTE ? call.endNs() :
            startNs + call.endNs() - event.time().ns();
        waitingEvent = event;
        waiting = attempt;
        if (reply != null)
        {
            returned(reply);
        }
    }

    private static String note(final Event.SystemCall call)
    {
        return call.errno() == null ? "" : call.errno();
    }

    /** Tries what waits again. */
    private void pump()
    {
        if (waiting == null)
        {
            return;
        }
        final Reply reply = waiting.attempt();
        if (reply != null)
        {
            returned(reply);
        }
        else if (host.elapsedNs() > waitingUntilNs + toleranceNs)
        {
            final Event event = waitingEvent;
            waiting = null;
            throw new Failed(event, "the call should have returned at " + PacketText.seconds(waitingUntilNs),
                null, "it still waits");
        }
    }

    private void returned(final Reply reply)
    {
        final Event event = waitingEvent;
        waiting = null;
        waitingEvent = null;
        if (Math.abs(host.elapsedNs() - waitingUntilNs) > toleranceNs)
        {
            throw new Failed(event, "the call returns at the wrong time",
                PacketText.seconds(waitingUntilNs), PacketText.seconds(host.elapsedNs()) + ": " + reply);
        }
        check(event, (Event.SystemCall)event.action(), reply);
    }

    private void check(final Event event, final Event.SystemCall call, final Reply reply)
    {
        if (call.result() instanceof Value.Any)
        {
            return;
        }
        final long expected = kernel.number(call.result());
        final String wanted = call.errno();
        final boolean isSameError = wanted == null || same(wanted, reply.errno());
        if (expected >= 0 && reply.value() >= 0 && Kernel.opens(call.name()) &&
            kernel.rename((int)reply.value(), (int)expected))
        {
            return;
        }
        if (expected != reply.value() || !isSameError)
        {
            throw new Failed(event, "the call returns something else",
                expected + (wanted == null ? "" : " " + wanted), reply.toString());
        }
        if (reply.wrong() != null)
        {
            throw new Failed(event, "the call writes something else", null, reply.wrong());
        }
    }

    private static boolean same(final String expected, final String actual)
    {
        return expected.equals(actual) ||
            expected.equals("EWOULDBLOCK") && "EAGAIN".equals(actual) ||
            expected.equals("ENOTSUP") && "EOPNOTSUPP".equals(actual);
    }

    // ---- packets

    private void inject(final Event event, final PacketSpec spec)
    {
        final Flow flow;
        if (spec.sourcePort >= 0)
        {
            flow = kernel.flow(spec.destinationPort, spec.sourcePort);
        }
        else if (spec.protocol == PacketSpec.Protocol.TCP &&
            (spec.flags & (TcpHeader.SYN | TcpHeader.ACK)) == TcpHeader.SYN)
        {
            flow = kernel.flowOfSyn();
        }
        else
        {
            flow = kernel.current();
        }
        if (spec.protocol == PacketSpec.Protocol.TCP && (spec.flags & TcpHeader.SYN) != 0)
        {
            flow.learnMss(spec);
        }
        host.inject(writer.inbound(spec, flow, event.line()));
    }

    private void expect(final Event event, final PacketSpec spec)
    {
        final Event.Time time = event.time();
        final boolean isTimed = time.kind() != Event.Kind.ANY;
        final long startNs = at(event);
        final long endNs = isTimed ? startNs + time.latestNs() - time.ns() : Long.MAX_VALUE;
        final long limitNs = isTimed ? endNs + toleranceNs : host.elapsedNs() + PATIENCE_NS;
        await(limitNs);
        if (host.peek() == null)
        {
            final String expected = PacketText.of(spec);
            final long lookNs = host.elapsedNs() + LOOK_AHEAD_NS;
            if (isTimed)
            {
                await(lookNs);
            }
            final Host.Sent late = host.peek();
            throw new Failed(event, "no packet was sent", expected, late == null ? "nothing" :
                PacketText.of(new SeenPacket(late), kernel.current()) + " at " + PacketText.seconds(late.atNs()));
        }
        final Flow flow = spec.sourcePort >= 0 ?
            kernel.flow(spec.sourcePort, spec.destinationPort) : kernel.current();
        final SeenPacket seen = new SeenPacket(host.poll());
        join(spec, seen, flow);
        final String wrong = matcher.compare(spec, seen, flow);
        final String when = " at " + PacketText.seconds(seen.atNs);
        if (wrong != null)
        {
            throw new Failed(event, wrong, PacketText.of(spec), PacketText.of(seen, flow) + when);
        }
        if (isTimed && (seen.atNs < startNs - toleranceNs || seen.atNs > endNs + toleranceNs))
        {
            throw new Failed(event, "the packet was sent at the wrong time",
                PacketText.of(spec) + " at " + PacketText.seconds(startNs) +
                (endNs > startNs ? " to " + PacketText.seconds(endNs) : ""), PacketText.of(seen, flow) + when);
        }
    }

    private void await(final long limitNs)
    {
        while (host.peek() == null)
        {
            final long nextNs = nextNs();
            if (nextNs > limitNs)
            {
                host.advanceTo(limitNs);
                return;
            }
            host.advanceTo(nextNs);
            pump();
        }
    }

    /** A packet longer than a segment may be stands for the segments that it is cut into, as a link with TSO would. */
    private void join(final PacketSpec spec, final SeenPacket first, final Flow flow)
    {
        if (spec.protocol != PacketSpec.Protocol.TCP || spec.length <= first.length || first.length == 0 ||
            spec.length <= flow.mss() || first.length < flow.mss() - TIMESTAMPS)
        {
            return;
        }
        while (first.length < spec.length && host.peek() != null)
        {
            final SeenPacket next = new SeenPacket(host.peek());
            if (!PacketMatcher.isContinued(first, next) || first.length + next.length > spec.length)
            {
                return;
            }
            host.poll();
            first.join(next);
        }
    }

    private static final int TIMESTAMPS = 12;

    private void finish()
    {
        while (waiting != null)
        {
            host.advanceTo(nextNs());
            pump();
        }
        if (isNothingMore && host.peek() != null)
        {
            final SeenPacket left = new SeenPacket(host.poll());
            throw new Failed(script.events().get(script.events().size() - 1), "something more was sent", "nothing",
                PacketText.of(left, kernel.current()) + " at " + PacketText.seconds(left.atNs));
        }
    }
}
