package io.pnet.dns;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * One name, and what the name servers say about it: questions of one or two types side by side, to one server after
 * another, until each is answered. Of the thread that asks.
 *
 * <p>An answer counts when it comes from the server and port that were asked, to the port that asked, with the
 * question's identifier and the question itself; whatever else comes is passed over, and the wait goes on.
 */
final class Lookup
{
    private static final int MAX_RESTARTS = 8;

    /** What has become of a question. */
    enum State
    {
        /** Nobody has answered yet. */
        OPEN,
        /** There are records. */
        FOUND,
        /** The name exists, with no record of this type. */
        NO_DATA,
        /** There is no such name. */
        NO_NAME
    }

    /** One type that is asked for. */
    private static final class Question
    {
        final int type;
        final List<DnsMessage.Data> records = new ArrayList<>();
        String name;
        State state = State.OPEN;
        int id;
        boolean isAnswered;
        boolean isTruncated;
        int restarts;

        Question(final String name, final int type)
        {
            this.name = name;
            this.type = type;
        }
    }

    private final DnsSettings settings;
    private final Function<InetSocketAddress, Exchange> exchanges;
    private final IntSupplier random;
    private final List<Question> questions = new ArrayList<>();
    private String failure = "no name server is known";
    private boolean isExtended = true;
    private boolean isPlainWanted;
    private boolean hasFailedAnswer;
    private boolean wasInterrupted;

    Lookup(
        final DnsSettings settings,
        final Function<InetSocketAddress, Exchange> exchanges,
        final IntSupplier random,
        final String name,
        final int... types)
    {
        this.settings = settings;
        this.exchanges = exchanges;
        this.random = random;
        for (final int type : types)
        {
            questions.add(new Question(DnsName.canonical(name), type));
        }
    }

    /** Asks. The thread's interrupt does not end it, as with the JDK's own look-ups; it is there again afterwards. */
    void run(final int firstServer)
    {
        final int count = settings.servers.size();
        for (int attempt = 0; attempt < settings.attempts; attempt++)
        {
            for (int i = 0; i < count && isOpen(); i++)
            {
                ask(settings.servers.get((firstServer + i) % count));
            }
        }
        if (wasInterrupted)
        {
            Thread.currentThread().interrupt();
        }
    }

    /** What was found, in the order of the types. */
    List<DnsMessage.Data> records()
    {
        final List<DnsMessage.Data> records = new ArrayList<>();
        questions.forEach(question -> records.addAll(question.records));
        return records;
    }

    /** Whether some question got no answer from anybody. */
    boolean isOpen()
    {
        return questions.stream().anyMatch(question -> question.state == State.OPEN);
    }

    /** Whether some server said that it cannot tell: another name may do better, unlike where nobody says anything. */
    boolean hasFailedAnswer()
    {
        return hasFailedAnswer;
    }

    /** Why the last server did not answer. */
    String failure()
    {
        return failure;
    }

    /** Asks one server, again while its answers lead on (an alias, a truncated answer, no EDNS). */
    private void ask(final InetSocketAddress server)
    {
        isExtended = true;
        boolean leadsOn = true;
        while (leadsOn)
        {
            isPlainWanted = false;
            final List<Question> open = questions.stream().filter(question -> question.state == State.OPEN).toList();
            leadsOn = false;
            for (final Question question : open)
            {
                question.isAnswered = false;
                question.isTruncated = settings.useTcp;
                question.id = random.getAsInt() & 0xFFFF;
            }
            try
            {
                final int before = open.stream().mapToInt(question -> question.restarts).sum();
                exchange(server, open);
                final int after = open.stream().mapToInt(question -> question.restarts).sum();
                leadsOn = after > before;
                if (isPlainWanted && isExtended)
                {
                    isExtended = false;
                    leadsOn = true;
                }
            }
            catch (final InterruptedIOException ex)
            {
                if (ex instanceof SocketTimeoutException || !Thread.interrupted())
                {
                    failure = describe(server, ex);
                }
                else
                {
                    wasInterrupted = true;
                    leadsOn = true;
                }
            }
            catch (final IOException ex)
            {
                failure = describe(server, ex);
            }
        }
    }

    private void exchange(final InetSocketAddress server, final List<Question> open) throws IOException
    {
        final Exchange exchange = exchanges.apply(server);
        final long timeoutNs = settings.timeout.toNanos();
        if (!settings.useTcp)
        {
            final List<byte[]> queries = open.stream().map(this::query).toList();
            final boolean isComplete = exchange.datagrams(server, queries, timeoutNs, bytes ->
            {
                take(server, open, bytes);
                return open.stream().allMatch(question -> question.isAnswered);
            });
            failure = isComplete ? failure : server.getAddress().getHostAddress() + " did not answer";
        }
        for (final Question question : open)
        {
            if (question.isTruncated && question.state == State.OPEN)
            {
                question.isAnswered = false;
                take(server, List.of(question), exchange.stream(server, query(question), timeoutNs));
                if (!question.isAnswered)
                {
                    failure = server.getAddress().getHostAddress() + " answered something else over TCP";
                }
            }
        }
    }

    private byte[] query(final Question question)
    {
        return DnsMessage.query(question.id, question.name, question.type, isExtended);
    }

    /** Looks whose answer this is; nobody's, if it is not well-formed. */
    private void take(final InetSocketAddress server, final List<Question> open, final byte[] bytes)
    {
        try
        {
            final DnsMessage message = DnsMessage.parse(bytes);
            for (final Question question : open)
            {
                if (!question.isAnswered && question.id == message.id() && question.type == message.type() &&
                    question.name.equals(message.name()))
                {
                    answer(server, question, message);
                    return;
                }
            }
        }
        catch (final DnsFormatException ex)
        {
            // From anybody who guessed the port: the answer proper may be behind it.
            failure = server.getAddress().getHostAddress() + " sent no DNS message: " + ex.getMessage();
        }
    }

    private void answer(final InetSocketAddress server, final Question question, final DnsMessage message)
        throws DnsFormatException
    {
        if (message.isTruncated())
        {
            question.isAnswered = true;
            question.isTruncated = true;
            return;
        }
        switch (message.rcode())
        {
            case DnsMessage.NO_ERROR ->
            {
                final DnsMessage.Chain chain = message.chain();
                if (!chain.records().isEmpty())
                {
                    question.records.addAll(chain.records());
                    question.state = State.FOUND;
                }
                else if (chain.name().equals(question.name) || !DnsName.isValid(chain.name()) ||
                    ++question.restarts > MAX_RESTARTS)
                {
                    question.state = State.NO_DATA;
                }
                else
                {
                    // The server knows the alias only: what it stands for is asked for next.
                    question.name = chain.name();
                }
            }
            case DnsMessage.NO_SUCH_NAME -> question.state = State.NO_NAME;
            case DnsMessage.FORMAT_ERROR, DnsMessage.NOT_IMPLEMENTED ->
            {
                isPlainWanted = true;
                failure = server.getAddress().getHostAddress() + " did not understand the question";
            }
            default ->
            {
                hasFailedAnswer = true;
                failure = server.getAddress().getHostAddress() + " could not answer: " + text(message.rcode());
            }
        }
        question.isAnswered = true;
    }

    private static String text(final int rcode)
    {
        return switch (rcode)
        {
            case DnsMessage.SERVER_FAILURE -> "server failure";
            case DnsMessage.REFUSED -> "refused";
            default -> "error " + rcode;
        };
    }

    private static String describe(final InetSocketAddress server, final IOException ex)
    {
        return server.getAddress().getHostAddress() + ": " + ex.getMessage();
    }
}
