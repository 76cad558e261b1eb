package io.pnet.nio;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.channels.NetworkChannel;

/** A channel's options for its adaptor: what fails is a {@link SocketException} in a socket's words. Any thread. */
final class ChannelOptions
{
    private ChannelOptions()
    {
    }

    static <T> void set(final NetworkChannel channel, final SocketOption<T> name, final T value) throws SocketException
    {
        try
        {
            channel.setOption(name, value);
        }
        catch (final IOException ex)
        {
            throw Failures.ofOption(ex);
        }
    }

    static <T> T get(final NetworkChannel channel, final SocketOption<T> name) throws SocketException
    {
        try
        {
            return channel.getOption(name);
        }
        catch (final IOException ex)
        {
            throw Failures.ofOption(ex);
        }
    }
}
