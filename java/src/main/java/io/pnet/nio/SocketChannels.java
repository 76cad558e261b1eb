package io.pnet.nio;

import io.pnet.jvm.ClassFile;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.ProtocolFamily;
import java.util.Map;

/** Makes socket channels: where this JVM lets us, of the kind that files are transferred to fast. */
final class SocketChannels
{
    private static final MethodHandle TRANSFER_TARGET = transferTarget();

    private SocketChannels()
    {
    }

    static PnetSocketChannel make(
        final PnetSelectorProvider provider, final ProtocolFamily family, final TcpStream stream)
    {
        if (TRANSFER_TARGET == null)
        {
            return new PnetSocketChannel(provider, family, stream);
        }
        try
        {
            return (PnetSocketChannel)TRANSFER_TARGET.invokeExact(provider, family, stream);
        }
        catch (final RuntimeException | Error ex)
        {
            throw ex;
        }
        catch (final Throwable ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    /** Whether {@code FileChannel.transferTo} is fast to our channels. */
    static boolean areTransferTargets()
    {
        return TRANSFER_TARGET != null;
    }

    private static MethodHandle transferTarget()
    {
        final String name = "io/pnet/nio/TransferTarget";
        final byte[] bytes = ClassFile.of(SocketChannels.class, "TransferTarget").rename(Map.of(
            name, name + "$Trusted",
            "io/pnet/nio/JdkChannel", "sun/nio/ch/SelChImpl",
            "io/pnet/nio/JdkKey", "sun/nio/ch/SelectionKeyImpl")).bytes();
        try
        {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            final Class<?> type = lookup.defineClass(bytes);
            final MethodType constructor = MethodType.methodType(
                void.class, PnetSelectorProvider.class, ProtocolFamily.class, TcpStream.class);
            return lookup.findConstructor(type, constructor)
                .asType(constructor.changeReturnType(PnetSocketChannel.class));
        }
        catch (final IllegalAccessError ex)
        {
            // sun.nio.ch is not exported to us: nobody but the agent or --add-exports does that.
            return null;
        }
        catch (final ReflectiveOperationException | LinkageError ex)
        {
            // A JDK whose interface has grown: transfers are slower, nothing else.
            return null;
        }
    }
}
