package io.pnet.nio;

import io.pnet.stack.IpProcess;
import io.pnet.tcp.CloseReason;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/**
 * What went wrong, as the JDK says it: programs look at the types, and some at the words.
 */
final class Failures
{
    private Failures()
    {
    }

    /**
     * Nothing is connected or bound on a stack that is closed; what was is over.
     *
     * @throws SocketException in the words for an interface that is down.
     */
    static void requireRunning(final IpProcess process) throws SocketException
    {
        if (!process.driver().isOpen())
        {
            throw new SocketException("Network is down: the stack was closed");
        }
    }

    /** Why a connect failed. */
    static IOException ofConnect(final CloseReason reason)
    {
        switch (reason)
        {
            case REFUSED:
                return new ConnectException("Connection refused");
            case TIMED_OUT:
                return new ConnectException("Connection timed out");
            case UNREACHABLE:
                return new NoRouteToHostException("No route to host");
            case RESET:
                return new SocketException("Connection reset by peer");
            default:
                return new SocketException("connect failed: " + reason.text());
        }
    }

    /** Why there is nothing to read any more. */
    static IOException ofRead(final CloseReason reason)
    {
        switch (reason)
        {
            case RESET:
                return new SocketException("Connection reset");
            case TIMED_OUT:
                return new IOException("Connection timed out");
            case UNREACHABLE:
                return new IOException("No route to host");
            default:
                return new IOException("read failed: " + reason.text());
        }
    }

    /**
     * Why nothing can be written any more.
     *
     * @param isFirst whether nobody was told before.
     */
    static IOException ofWrite(final CloseReason reason, final boolean isFirst)
    {
        if (isFirst && reason == CloseReason.RESET)
        {
            return new IOException("Connection reset by peer");
        }
        if (isFirst && reason == CloseReason.TIMED_OUT)
        {
            return new IOException("Connection timed out");
        }
        return new IOException(
            reason == CloseReason.STACK_CLOSED ? "write failed: " + reason.text() : "Broken pipe");
    }

    /** What a channel throws, in a socket's words: an IOException as it is, what is unchecked as a SocketException. */
    static IOException ofSocket(final Exception ex)
    {
        return ex instanceof IOException io ? io : ofOption(ex);
    }

    /** As {@link #ofSocket}, and never anything but a SocketException. */
    static SocketException ofOption(final Exception ex)
    {
        if (ex instanceof SocketException socketException)
        {
            return socketException;
        }
        final String text;
        if (ex instanceof ClosedChannelException)
        {
            text = "Socket is closed";
        }
        else if (ex instanceof NotYetConnectedException)
        {
            text = "Socket is not connected";
        }
        else if (ex instanceof AlreadyBoundException)
        {
            text = "Already bound";
        }
        else if (ex instanceof AlreadyConnectedException)
        {
            text = "Already connected";
        }
        else if (ex instanceof NotYetBoundException)
        {
            text = "Socket is not bound yet";
        }
        else if (ex instanceof UnsupportedAddressTypeException)
        {
            text = "Unsupported address type";
        }
        else if (ex instanceof UnresolvedAddressException)
        {
            text = "Unresolved address";
        }
        else if (ex instanceof IOException)
        {
            text = ex.getMessage();
        }
        else
        {
            throw (RuntimeException)ex;
        }
        final SocketException failure = new SocketException(text);
        failure.initCause(ex);
        return failure;
    }
}
