package io.pnet.nio.permutation;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** Every case over one pair; a subclass says over which. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AllCases
{
    private final Pair joint;

    AllCases(final Pair pair)
    {
        joint = pair;
    }

    @AfterAll
    void closePair() throws Exception
    {
        joint.close();
    }

    @Nested
    final class Connect extends ConnectCases
    {
        Connect()
        {
            super(joint);
        }
    }

    @Nested
    final class Stream extends StreamCases
    {
        Stream()
        {
            super(joint);
        }
    }

    @Nested
    final class Gather extends GatherCases
    {
        Gather()
        {
            super(joint);
        }
    }

    @Nested
    final class Close extends CloseCases
    {
        Close()
        {
            super(joint);
        }
    }

    @Nested
    final class Server extends ServerCases
    {
        Server()
        {
            super(joint);
        }
    }

    @Nested
    final class Select extends SelectCases
    {
        Select()
        {
            super(joint);
        }
    }

    @Nested
    final class Key extends KeyCases
    {
        Key()
        {
            super(joint);
        }
    }

    @Nested
    final class Option extends OptionCases
    {
        Option()
        {
            super(joint);
        }
    }

    @Nested
    final class SocketAdaptor extends SocketAdaptorCases
    {
        SocketAdaptor()
        {
            super(joint);
        }
    }

    @Nested
    final class ServerAdaptor extends ServerAdaptorCases
    {
        ServerAdaptor()
        {
            super(joint);
        }
    }

    @Nested
    final class Datagram extends DatagramCases
    {
        Datagram()
        {
            super(joint);
        }
    }

    @Nested
    final class DatagramAdaptor extends DatagramAdaptorCases
    {
        DatagramAdaptor()
        {
            super(joint);
        }
    }

    @Nested
    final class Thread extends ThreadCases
    {
        Thread()
        {
            super(joint);
        }
    }
}
