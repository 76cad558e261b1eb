package io.pnet.packetdrill;

import java.util.HashMap;
import java.util.Map;

/** Constants of C by name. Where systems differ, the dialect decides; where it does not matter, they are Linux's. */
final class Symbols
{
    static final int POLLIN = 0x01;
    static final int POLLPRI = 0x02;
    static final int POLLOUT = 0x04;
    static final int POLLERR = 0x08;
    static final int POLLHUP = 0x10;
    static final int POLLNVAL = 0x20;
    static final int POLLRDNORM = 0x40;
    static final int POLLWRNORM = 0x100;
    static final int POLLRDHUP = 0x2000;
    static final int EPOLLONESHOT = 1 << 30;
    static final int EPOLLET = 1 << 31;
    static final int MSG_OOB = 0x1;
    static final int MSG_PEEK = 0x2;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_WAITALL = 0x100;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_TRUNC = 0x20;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int O_RDWR = 2;
    private static final int BSD_NONBLOCK = 4;
    private static final int LINUX_NONBLOCK = 0x800;

    private static final Map<String, Long> COMMON = new HashMap<>();

    static
    {
        put("AF_UNSPEC", 0, "AF_INET", 2, "AF_INET6", 10, "PF_INET", 2, "PF_INET6", 10);
        put("SOCK_STREAM", 1, "SOCK_DGRAM", 2, "SOCK_RAW", 3, "SOCK_SEQPACKET", 5);
        put("SOCK_NONBLOCK", SOCK_NONBLOCK, "SOCK_CLOEXEC", SOCK_CLOEXEC);
        put("IPPROTO_IP", 0, "IPPROTO_ICMP", 1, "IPPROTO_TCP", 6, "IPPROTO_UDP", 17, "IPPROTO_IPV6", 41);
        put("IPPROTO_ICMPV6", 58, "IPPROTO_SCTP", 132, "IPPROTO_UDPLITE", 136, "IPPROTO_MPTCP", 262);
        put("SHUT_RD", 0, "SHUT_WR", 1, "SHUT_RDWR", 2);
        put("O_RDONLY", 0, "O_WRONLY", 1, "O_RDWR", O_RDWR);
        put("POLLIN", POLLIN, "POLLPRI", POLLPRI, "POLLOUT", POLLOUT, "POLLERR", POLLERR, "POLLHUP", POLLHUP);
        put("POLLNVAL", POLLNVAL, "POLLRDNORM", POLLRDNORM, "POLLRDBAND", 0x80, "POLLWRNORM", POLLWRNORM);
        put("POLLWRBAND", 0x200, "POLLRDHUP", POLLRDHUP);
        put("EPOLLIN", POLLIN, "EPOLLPRI", POLLPRI, "EPOLLOUT", POLLOUT, "EPOLLERR", POLLERR, "EPOLLHUP", POLLHUP);
        put("EPOLLRDNORM", POLLRDNORM, "EPOLLWRNORM", POLLWRNORM, "EPOLLRDHUP", POLLRDHUP);
        put("EPOLLET", EPOLLET, "EPOLLONESHOT", EPOLLONESHOT);
        put("EPOLL_CTL_ADD", 1, "EPOLL_CTL_DEL", 2, "EPOLL_CTL_MOD", 3, "EPOLL_CLOEXEC", SOCK_CLOEXEC);
        put("MSG_OOB", MSG_OOB, "MSG_PEEK", MSG_PEEK, "MSG_DONTROUTE", 0x4, "MSG_CTRUNC", 0x8, "MSG_TRUNC", MSG_TRUNC);
        put("MSG_DONTWAIT", MSG_DONTWAIT, "MSG_EOR", 0x80, "MSG_WAITALL", MSG_WAITALL);
        put("MSG_NOSIGNAL", MSG_NOSIGNAL, "MSG_MORE", 0x8000, "MSG_ERRQUEUE", 0x2000, "MSG_ZEROCOPY", 0x4000000);
        put("MSG_FASTOPEN", 0x20000000, "MSG_EOF", 0x40000000, "MSG_CMSG_CLOEXEC", 0x40000000);
        put("TCP_CA_Open", 0, "TCP_CA_Disorder", 1, "TCP_CA_CWR", 2, "TCP_CA_Recovery", 3, "TCP_CA_Loss", 4);
        put("TCPI_OPT_TIMESTAMPS", 1, "TCPI_OPT_SACK", 2, "TCPI_OPT_WSCALE", 4, "TCPI_OPT_ECN", 8);
        put("INFINITE_TIMEOUT", -1, "True", 1, "False", 0, "INADDR_ANY", 0);
        put("NULL", 0, "IP_PMTUDISC_DONT", 0, "IP_PMTUDISC_WANT", 1, "IP_PMTUDISC_DO", 2, "IP_PMTUDISC_PROBE", 3);
        put("IPV6_PMTUDISC_DONT", 0, "IPV6_PMTUDISC_WANT", 1, "IPV6_PMTUDISC_DO", 2, "IPV6_PMTUDISC_PROBE", 3);
    }

    private final Dialect dialect;

    Symbols(final Dialect dialect)
    {
        this.dialect = dialect;
    }

    private static void put(final Object... pairs)
    {
        for (int i = 0; i < pairs.length; i += 2)
        {
            COMMON.put((String)pairs[i], ((Integer)pairs[i + 1]).longValue());
        }
    }

    int nonBlock()
    {
        return dialect.isBsd() ? BSD_NONBLOCK : LINUX_NONBLOCK;
    }

    /** Returns the number, or null when the name is unknown. */
    Long get(final String name)
    {
        if (name.equals("O_NONBLOCK"))
        {
            return (long)nonBlock();
        }
        if (dialect.isBsd() && name.equals("TCPI_OPT_ECN"))
        {
            return 8L;
        }
        if (name.equals("TCPI_OPT_SYN_DATA"))
        {
            return 32L;
        }
        if (name.startsWith("IPTOS_"))
        {
            return typeOfService(name.substring("IPTOS_".length()));
        }
        final Long number = COMMON.get(name);
        return number != null ? number : state(name);
    }

    /** Code points of differentiated services, and the types of service before them. */
    private static Long typeOfService(final String name)
    {
        if (name.matches("DSCP_CS[0-7]"))
        {
            return (name.charAt(7) - '0') * 0x20L;
        }
        if (name.matches("DSCP_AF[1-4][1-3]"))
        {
            return (name.charAt(7) - '0') * 0x20L + (name.charAt(8) - '0') * 8L;
        }
        switch (name)
        {
            case "DSCP_EF":
                return 0xB8L;
            case "LOWDELAY":
                return 0x10L;
            case "THROUGHPUT":
                return 0x08L;
            case "RELIABILITY":
                return 0x04L;
            case "MINCOST":
                return 0x02L;
            default:
                return null;
        }
    }

    /** Names of states as TCP_INFO has them. */
    private Long state(final String name)
    {
        if (!name.startsWith("TCP_") && !name.startsWith("TCPI_") && !name.startsWith("TCPS_"))
        {
            return null;
        }
        final String plain = name.substring(name.indexOf('_') + 1).replace("FIN_WAIT_", "FIN_WAIT");
        switch (plain)
        {
            case "CLOSED":
            case "CLOSE":
                return dialect.isBsd() ? 0L : 7L;
            case "LISTEN":
                return dialect.isBsd() ? 1L : 10L;
            case "SYN_SENT":
                return 2L;
            case "SYN_RECEIVED":
            case "SYN_RECV":
                return 3L;
            case "ESTABLISHED":
                return dialect.isBsd() ? 4L : 1L;
            case "CLOSE_WAIT":
                return dialect.isBsd() ? 5L : 8L;
            case "FIN_WAIT1":
                return dialect.isBsd() ? 6L : 4L;
            case "CLOSING":
                return dialect.isBsd() ? 7L : 11L;
            case "LAST_ACK":
                return dialect.isBsd() ? 8L : 9L;
            case "FIN_WAIT2":
                return dialect.isBsd() ? 9L : 5L;
            case "TIME_WAIT":
                return dialect.isBsd() ? 10L : 6L;
            default:
                return null;
        }
    }
}
