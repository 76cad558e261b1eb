package io.pnet.nio.permutation;

import org.junit.jupiter.api.Nested;

/** Ours at both ends, and two stacks behind the address of each. */
final class GroupToGroupTest extends PairTest
{
    GroupToGroupTest() throws Exception
    {
        super(Pairs.groupToGroup());
    }

    @Nested
    final class Connect extends ConnectCases
    {
        Connect()
        {
            super(both);
        }
    }

    @Nested
    final class Stream extends StreamCases
    {
        Stream()
        {
            super(both);
        }
    }

    @Nested
    final class Gather extends GatherCases
    {
        Gather()
        {
            super(both);
        }
    }

    @Nested
    final class Close extends CloseCases
    {
        Close()
        {
            super(both);
        }
    }

    @Nested
    final class Server extends ServerCases
    {
        Server()
        {
            super(both);
        }
    }

    @Nested
    final class Select extends SelectCases
    {
        Select()
        {
            super(both);
        }
    }

    @Nested
    final class Key extends KeyCases
    {
        Key()
        {
            super(both);
        }
    }

    @Nested
    final class Option extends OptionCases
    {
        Option()
        {
            super(both);
        }
    }

    @Nested
    final class SocketAdaptor extends SocketAdaptorCases
    {
        SocketAdaptor()
        {
            super(both);
        }
    }

    @Nested
    final class ServerAdaptor extends ServerAdaptorCases
    {
        ServerAdaptor()
        {
            super(both);
        }
    }

    @Nested
    final class Datagram extends DatagramCases
    {
        Datagram()
        {
            super(both);
        }
    }

    @Nested
    final class DatagramAdaptor extends DatagramAdaptorCases
    {
        DatagramAdaptor()
        {
            super(both);
        }
    }

    @Nested
    final class Thread extends ThreadCases
    {
        Thread()
        {
            super(both);
        }
    }
}
