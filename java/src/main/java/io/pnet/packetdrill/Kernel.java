package io.pnet.packetdrill;

import io.pnet.packetdrill.Event.SystemCall;
import io.pnet.tcp.TcpSettings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * File descriptors and system calls over the stack under test. Which flow the script's packets belong to follows from
 * the calls as well: the port that listens, or connects.
 */
final class Kernel
{
    /** The port that scripts bind to, and the one that they connect to. */
    static final int PORT = 8080;
    private static final int FIRST_REMOTE_PORT = 36_001;
    private static final int FIRST_FD = 3;
    private static final long MS = 1_000_000L;

    private final Host host;
    private final Dialect dialect;
    private final Symbols symbols;
    private final Set<Relax> relax;
    private final TreeMap<Integer, OpenFile> files = new TreeMap<>();
    private final List<Flow> flows = new ArrayList<>();
    private int nextRemotePort = FIRST_REMOTE_PORT;
    private int line;
    private OpenFile latest;

    Kernel(final Host host, final Dialect dialect, final Set<Relax> relax)
    {
        this.host = host;
        this.dialect = dialect;
        this.relax = relax;
        this.symbols = new Symbols(dialect);
    }

    Host host()
    {
        return host;
    }

    Dialect dialect()
    {
        return dialect;
    }

    // ---- flows

    /** The flow that the script's packets belong to now. */
    Flow current()
    {
        if (flows.isEmpty())
        {
            flows.add(new Flow(PORT, nextRemotePort));
        }
        return flows.get(flows.size() - 1);
    }

    /** A flow by its ports, made when there is none yet; it becomes the current one. */
    Flow flow(final int localPort, final int remotePort)
    {
        Flow found = null;
        for (final Flow each : flows)
        {
            if (each.localPort == localPort && each.remotePort == remotePort)
            {
                found = each;
            }
        }
        if (found == null)
        {
            found = new Flow(localPort, remotePort);
        }
        flows.remove(found);
        flows.add(found);
        return found;
    }

    /** The flow of a SYN of the script's: a listening port turns into a connection with a remote port of its own. */
    Flow flowOfSyn()
    {
        final Flow flow = current();
        if (!flow.isListening)
        {
            return flow;
        }
        final Flow child = new Flow(flow.localPort, nextRemotePort++);
        flows.add(child);
        return child;
    }

    void bound(final int port)
    {
        flows.add(new Flow(port, nextRemotePort));
    }

    void listening(final int port)
    {
        final Flow flow = new Flow(port, nextRemotePort);
        flow.isListening = true;
        flows.add(flow);
    }

    void connecting(final int localPort, final int remotePort)
    {
        flow(localPort, remotePort);
    }

    /** Whether another socket has the port. */
    boolean isPortTaken(final int port, final TcpFile asker)
    {
        return port != 0 && files.values().stream().anyMatch(
            file -> file != asker && file instanceof TcpFile other && other.boundPort() == port);
    }

    // ---- descriptors

    int open(final OpenFile file)
    {
        int fd = FIRST_FD;
        while (files.containsKey(fd))
        {
            fd++;
        }
        files.put(fd, file);
        latest = file;
        return fd;
    }

    /** Scripts call descriptors as they like. Returns false when one of that name is open already. */
    boolean rename(final int from, final int to)
    {
        if (from == to)
        {
            return true;
        }
        if (files.containsKey(to))
        {
            return false;
        }
        files.put(to, files.remove(from));
        return true;
    }

    /** Whether a call of this name returns a new descriptor. */
    static boolean opens(final String name)
    {
        return Set.of("socket", "accept", "accept4", "epoll_create", "epoll_create1").contains(name);
    }

    /** The TCP socket that was opened last and is still there: whom assertions about TCP_INFO mean; or null. */
    TcpFile socketUnderTest()
    {
        if (latest instanceof TcpFile file && files.containsValue(file))
        {
            return file;
        }
        for (final OpenFile file : files.descendingMap().values())
        {
            if (file instanceof TcpFile tcp)
            {
                return tcp;
            }
        }
        return null;
    }

    // ---- values

    void require(final boolean isSupported, final String what)
    {
        if (!isSupported)
        {
            throw ScriptException.unsupported(line, what);
        }
    }

    long number(final Value value)
    {
        if (value instanceof Value.Int number)
        {
            return number.value();
        }
        if (value instanceof Value.Name name)
        {
            final Long number = symbols.get(name.name());
            require(number != null, "the constant " + name.name());
            return number;
        }
        if (value instanceof Value.Operation operation)
        {
            final long left = number(operation.left());
            final long right = number(operation.right());
            switch (operation.operator())
            {
                case "|":
                    return left | right;
                case "&":
                    return left & right;
                case "^":
                    return left ^ right;
                case "<<":
                    return left << right;
                case ">>":
                    return left >> right;
                case "+":
                    return left + right;
                case "-":
                    return left - right;
                default:
                    return left * right;
            }
        }
        if (value instanceof Value.Call call && call.arguments().size() == 1 &&
            Set.of("htons", "htonl", "ntohs", "ntohl").contains(call.function()))
        {
            return number(call.arguments().get(0));
        }
        if (value instanceof Value.Items items && items.items().size() == 1)
        {
            return number(items.items().get(0));
        }
        throw ScriptException.unsupported(line, value + " where a number is expected");
    }

    private static List<Value> items(final Value value)
    {
        return value instanceof Value.Items items ? items.items() :
            value instanceof Value.Any ? List.of() : List.of(value);
    }

    private static String name(final Value value)
    {
        return value instanceof Value.Name name ? name.name() : value.toString();
    }

    private static Value field(final Value value, final String... names)
    {
        final Value plain = value instanceof Value.Items items && items.items().size() == 1 ?
            items.items().get(0) : value;
        if (plain instanceof Value.Struct struct)
        {
            final Map<String, Value> fields = struct.fields();
            for (final String name : names)
            {
                if (fields.containsKey(name))
                {
                    return fields.get(name);
                }
            }
        }
        return null;
    }

    /** The port of a socket address, or the script's usual one. */
    private int port(final Value address)
    {
        final Value port = field(address, "sin_port", "sin6_port");
        return port == null || port instanceof Value.Any ? PORT : (int)number(port);
    }

    private static boolean isUnspecified(final Value address)
    {
        final Value family = field(address, "sa_family", "sin_family");
        return name(family != null ? family : address).equals("AF_UNSPEC");
    }

    // ---- calls

    /** Begins a call. */
    Attempt call(final SystemCall call, final int atLine)
    {
        line = atLine;
        final List<Value> a = call.arguments();
        switch (call.name())
        {
            case "socket":
                return socket(a);
            case "poll":
                return poll(a);
            case "epoll_create":
            case "epoll_create1":
                return () -> Reply.of(open(new EpollFile()));
            default:
                break;
        }
        require(!a.isEmpty(), "the call " + call.name());
        final int fd = (int)number(a.get(0));
        final OpenFile file = files.get(fd);
        require(KNOWN.contains(call.name()), "the call " + call.name());
        if (file == null)
        {
            return () -> Reply.error("EBADF");
        }
        return call(call, a, fd, file);
    }

    private static final Set<String> KNOWN = Set.of(
        "bind", "listen", "accept", "accept4", "connect", "read", "write", "recv", "send", "recvfrom", "sendto",
        "readv", "writev", "recvmsg", "sendmsg", "shutdown", "close", "fcntl", "ioctl", "getsockopt", "setsockopt",
        "epoll_ctl", "epoll_wait", "getsockname", "getpeername");

    private Attempt call(final SystemCall call, final List<Value> a, final int fd, final OpenFile file)
    {
        switch (call.name())
        {
            case "bind":
                return file.bind(port(argument(a, 1)));
            case "listen":
                return file.listen((int)number(argument(a, 1)));
            case "accept":
                return file.accept(false);
            case "accept4":
                return file.accept((number(argument(a, 3)) & Symbols.SOCK_NONBLOCK) != 0);
            case "connect":
                return file.connect(isUnspecified(argument(a, 1)), port(argument(a, 1)));
            case "read":
                return file.read(number(argument(a, 2)), 0);
            case "write":
                return file.write(number(argument(a, 2)), 0, -1);
            case "recv":
            case "recvfrom":
                return file.read(number(argument(a, 2)), (int)number(argument(a, 3)));
            case "send":
                return file.write(number(argument(a, 2)), (int)number(argument(a, 3)), -1);
            case "sendto":
                return file.write(number(argument(a, 2)), (int)number(argument(a, 3)),
                    a.size() > 4 && !isNull(a.get(4)) && !(file instanceof TcpFile) ? port(a.get(4)) : -1);
            case "readv":
                return file.read(total(argument(a, 1)), 0);
            case "writev":
                return file.write(total(argument(a, 1)), 0, -1);
            case "recvmsg":
                require(field(argument(a, 1), "msg_control") == null, "control messages");
                return file.read(total(messageVector(argument(a, 1))), (int)number(argument(a, 2)));
            case "sendmsg":
                require(field(argument(a, 1), "msg_control") == null, "control messages");
                return file.write(total(messageVector(argument(a, 1))), (int)number(argument(a, 2)), -1);
            case "shutdown":
                return file.shutdown((int)number(argument(a, 1)));
            case "close":
                files.remove(fd);
                return file.close();
            case "fcntl":
                return fcntl(file, a);
            case "ioctl":
                return ioctl(file, a);
            case "getsockopt":
                return getsockopt(file, a);
            case "setsockopt":
                return setsockopt(file, a);
            case "epoll_ctl":
                return epollControl(file, a);
            case "epoll_wait":
                return epollWait(file, a);
            default:
                return () -> Reply.OK;
        }
    }

    private Value argument(final List<Value> arguments, final int index)
    {
        if (index >= arguments.size())
        {
            throw ScriptException.malformed(line, "the call needs more arguments");
        }
        return arguments.get(index);
    }

    private boolean isNull(final Value value)
    {
        return value instanceof Value.Name name && name.name().equals("NULL") ||
            value instanceof Value.Int number && number.value() == 0;
    }

    private Attempt socket(final List<Value> a)
    {
        final String family = name(argument(a, 0));
        require(argument(a, 0) instanceof Value.Any || family.matches("[AP]F_INET6?"), "sockets of " + family);
        final long type = number(argument(a, 1));
        final long protocol = number(argument(a, 2));
        final int plain = (int)type & ~(Symbols.SOCK_NONBLOCK | Symbols.SOCK_CLOEXEC);
        return () ->
        {
            final OpenFile file;
            if (plain == 1 && (protocol == 6 || protocol == 0))
            {
                final TcpSettings settings = host.settings.copy();
                file = new TcpFile(this, settings);
            }
            else
            {
                require(plain == 2 && (protocol == 17 || protocol == 0), "sockets of this type and protocol");
                file = new UdpFile(this);
            }
            file.isNonBlocking = (type & Symbols.SOCK_NONBLOCK) != 0;
            return Reply.of(open(file));
        };
    }

    private long total(final Value vector)
    {
        long total = 0;
        for (final Value each : items(vector))
        {
            final Value length = field(each, "iov_len", "1");
            require(length != null, "this form of an I/O vector");
            total += number(length);
        }
        return total;
    }

    private Value messageVector(final Value message)
    {
        final Value vector = field(message, "msg_iov");
        require(vector != null, "this form of a message header");
        return vector;
    }

    // ---- fcntl, ioctl

    private Attempt fcntl(final OpenFile file, final List<Value> a)
    {
        final String command = name(argument(a, 1));
        switch (command)
        {
            case "F_GETFL":
                return () -> Reply.of(Symbols.O_RDWR | (file.isNonBlocking ? symbols.nonBlock() : 0));
            case "F_SETFL":
                final long flags = number(argument(a, 2));
                return () ->
                {
                    file.isNonBlocking = (flags & symbols.nonBlock()) != 0;
                    return Reply.OK;
                };
            default:
                throw ScriptException.unsupported(line, "fcntl of " + command);
        }
    }

    private Attempt ioctl(final OpenFile file, final List<Value> a)
    {
        final String request = name(argument(a, 1));
        final Value expected = argument(a, 2);
        switch (request)
        {
            case "FIONREAD":
            case "SIOCINQ":
                return () -> out("ioctl", expected, file.readable());
            case "SIOCOUTQ":
            case "TIOCOUTQ":
            case "FIONWRITE":
                return () -> out("ioctl", expected, file.unacknowledged());
            case "FIONBIO":
                final long isOn = number(expected);
                return () ->
                {
                    file.isNonBlocking = isOn != 0;
                    return Reply.OK;
                };
            default:
                throw ScriptException.unsupported(line, "ioctl of " + request);
        }
    }

    /** What a call writes behind a pointer. */
    private Reply out(final String what, final Value expected, final long actual)
    {
        final List<Value> items = items(expected);
        if (items.isEmpty() || items.get(0) instanceof Value.Any || number(items.get(0)) == actual)
        {
            return Reply.OK;
        }
        return Reply.differs(0, what + " gives " + actual);
    }

    // ---- socket options

    private Attempt setsockopt(final OpenFile file, final List<Value> a)
    {
        final String level = name(argument(a, 1));
        final String option = name(argument(a, 2));
        final List<Value> value = items(argument(a, 3));
        return () ->
        {
            final Reply reply = file.setOption(level, option, value);
            require(reply != null, "the socket option " + option);
            host.settle();
            return reply;
        };
    }

    private Attempt getsockopt(final OpenFile file, final List<Value> a)
    {
        final String level = name(argument(a, 1));
        final String option = name(argument(a, 2));
        final List<Value> expected = items(argument(a, 3));
        return () ->
        {
            if (option.equals("SO_ERROR"))
            {
                return socketError(file, expected);
            }
            final Long actual = file.getOption(level, option);
            require(actual != null, "the socket option " + option);
            if (relax.contains(Relax.RCVBUF) && (option.equals("SO_RCVBUF") || option.equals("SO_SNDBUF")))
            {
                return Reply.OK;
            }
            return out(option, new Value.Items(expected), actual);
        };
    }

    private Reply socketError(final OpenFile file, final List<Value> expected)
    {
        final String error = file instanceof TcpFile tcp ? tcp.takeError() :
            file instanceof UdpFile udp ? udp.takeError() : null;
        if (expected.isEmpty() || expected.get(0) instanceof Value.Any)
        {
            return Reply.OK;
        }
        final Value first = expected.get(0);
        final boolean isNone = first instanceof Value.Int number && number.value() == 0;
        return isNone ? error == null ? Reply.OK : Reply.differs(0, "SO_ERROR gives " + error) :
            name(first).equals(error) ? Reply.OK : Reply.differs(0, "SO_ERROR gives " + (error == null ? "0" : error));
    }

    // ---- poll, epoll

    private Attempt poll(final List<Value> a)
    {
        final List<Value> wanted = items(argument(a, 0));
        final long timeoutMs = number(argument(a, 2));
        final long deadlineNs = timeoutMs < 0 ? Long.MAX_VALUE : host.elapsedNs() + timeoutMs * MS;
        return new Attempt()
        {
            @Override
            public Reply attempt()
            {
                int ready = 0;
                final StringBuilder wrong = new StringBuilder();
                for (final Value each : wanted)
                {
                    final Value fd = field(each, "fd", "0");
                    final Value events = field(each, "events", "1");
                    final Value expected = field(each, "revents", "2");
                    require(fd != null && events != null, "this form of poll");
                    final OpenFile file = files.get((int)number(fd));
                    final int actual = file == null ? Symbols.POLLNVAL : file.readiness() &
                        ((int)number(events) | Symbols.POLLERR | Symbols.POLLHUP);
                    ready += actual != 0 ? 1 : 0;
                    if (expected != null && !(expected instanceof Value.Any) && number(expected) != actual)
                    {
                        wrong.append("revents of fd ").append(fd).append(" is ")
                            .append(String.format("0x%x", actual)).append(' ');
                    }
                }
                if (ready == 0 && host.elapsedNs() < deadlineNs)
                {
                    return null;
                }
                return new Reply(ready, null, wrong.length() == 0 ? null : wrong.toString().strip());
            }

            @Override
            public long deadlineNs()
            {
                return deadlineNs;
            }
        };
    }

    private Attempt epollControl(final OpenFile file, final List<Value> a)
    {
        if (!(file instanceof EpollFile epoll))
        {
            return () -> Reply.error("EINVAL");
        }
        final int operation = (int)number(argument(a, 1));
        final int fd = (int)number(argument(a, 2));
        final Value events = a.size() > 3 ? field(a.get(3), "events") : null;
        final OpenFile other = files.get(fd);
        return () -> other == null ? Reply.error("EBADF") :
            epoll.control(operation, fd, other, events == null ? 0 : (int)number(events));
    }

    private Attempt epollWait(final OpenFile file, final List<Value> a)
    {
        if (!(file instanceof EpollFile epoll))
        {
            return () -> Reply.error("EINVAL");
        }
        final List<Value> expected = items(argument(a, 1));
        final int limit = (int)number(argument(a, 2));
        final long timeoutMs = number(argument(a, 3));
        final long deadlineNs = timeoutMs < 0 ? Long.MAX_VALUE : host.elapsedNs() + timeoutMs * MS;
        return new Attempt()
        {
            @Override
            public Reply attempt()
            {
                final List<EpollFile.Ready> ready = epoll.collect(limit);
                if (ready.isEmpty() && host.elapsedNs() < deadlineNs)
                {
                    return null;
                }
                for (int i = 0; i < Math.min(ready.size(), expected.size()); i++)
                {
                    final Value events = field(expected.get(i), "events");
                    if (events != null && !(events instanceof Value.Any) &&
                        (int)number(events) != ready.get(i).events())
                    {
                        return Reply.differs(
                            ready.size(), String.format("events are 0x%x", ready.get(i).events()));
                    }
                }
                return Reply.of(ready.size());
            }

            @Override
            public long deadlineNs()
            {
                return deadlineNs;
            }
        };
    }

    void close()
    {
        files.clear();
    }
}
