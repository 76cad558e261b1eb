package io.pnet.packetdrill;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An epoll instance: level-triggered, edge-triggered and one-shot. */
final class EpollFile extends OpenFile
{
    private static final int ALWAYS = Symbols.POLLERR | Symbols.POLLHUP;

    /** One descriptor that is ready. */
    record Ready(int fd, int events)
    {
    }

    private static final class Interest
    {
        final OpenFile file;
        int events;
        long seenEdges = -1;
        int seenEvents;

        Interest(final OpenFile file, final int events)
        {
            this.file = file;
            this.events = events;
        }
    }

    private final Map<Integer, Interest> interests = new LinkedHashMap<>();

    Reply control(final int operation, final int fd, final OpenFile file, final int events)
    {
        switch (operation)
        {
            case 1:
                return interests.putIfAbsent(fd, new Interest(file, events)) == null ?
                    Reply.OK : Reply.error("EEXIST");
            case 2:
                return interests.remove(fd) != null ? Reply.OK : Reply.error("ENOENT");
            default:
                return interests.replace(fd, new Interest(file, events)) != null ?
                    Reply.OK : Reply.error("ENOENT");
        }
    }

    /** What is ready now; with edge triggers, only what has changed since it was said last. */
    List<Ready> collect(final int limit)
    {
        final List<Ready> ready = new ArrayList<>();
        for (final Map.Entry<Integer, Interest> each : interests.entrySet())
        {
            final Interest interest = each.getValue();
            final int now = interest.file.readiness() & (interest.events | ALWAYS);
            if (now == 0 || interest.events == 0 || ready.size() >= limit)
            {
                interest.seenEvents &= now;
                continue;
            }
            final boolean isEdge = (interest.events & Symbols.EPOLLET) != 0;
            final boolean isNew = interest.seenEdges != interest.file.readEdges() ||
                (now & ~interest.seenEvents) != 0;
            interest.seenEvents = now;
            if (isEdge && !isNew)
            {
                continue;
            }
            interest.seenEdges = interest.file.readEdges();
            ready.add(new Ready(each.getKey(), now));
            if ((interest.events & Symbols.EPOLLONESHOT) != 0)
            {
                interest.events = 0;
            }
        }
        return ready;
    }

    @Override
    int readiness()
    {
        return 0;
    }

    @Override
    Attempt close()
    {
        return () -> Reply.OK;
    }
}
