package io.pnet.interop;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.channels.AsynchronousSocketChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** An application that knows nothing of Pnet; prints what the JDK tells it of names and addresses. */
final class NamesProgram
{
    private NamesProgram()
    {
    }

    public static void main(final String[] arguments) throws Exception
    {
        print("db", all("db.test"));
        print("www", all("www.test"));
        print("short", all("db"));
        print("many", InetAddress.getAllByName("many.test").length);
        print("written", all("written.test"));
        print("unknown", all("nowhere.test"));
        print("reverse", InetAddress.getByName("10.1.2.3").getCanonicalHostName());
        print("local", InetAddress.getLocalHost());
        print("localByName", all(InetAddress.getLocalHost().getHostName()));
        print("localhost", InetAddress.getByName("localhost").isLoopbackAddress());
        print("interface", NetworkInterface.getByInetAddress(InetAddress.getLocalHost()).getName());
        print("addresses", NetworkInterface.networkInterfaces()
            .flatMap(each -> each.inetAddresses().filter(address -> !address.isLoopbackAddress())
                .map(address -> each.getName() + ":" + address.getHostAddress()))
            .collect(Collectors.joining("+")));
        print("up", NetworkInterface.getByName("veth0").isUp());
        try (AsynchronousSocketChannel channel = AsynchronousSocketChannel.open())
        {
            channel.connect(new InetSocketAddress(arguments[0], 53)).get(5, TimeUnit.SECONDS);
            print("async", ((InetSocketAddress)channel.getLocalAddress()).getAddress().getHostAddress());
        }
    }

    private static String all(final String host)
    {
        try
        {
            return Arrays.stream(InetAddress.getAllByName(host)).map(InetAddress::getHostAddress)
                .collect(Collectors.joining("+"));
        }
        catch (final UnknownHostException ex)
        {
            return ex.getMessage();
        }
    }

    private static void print(final String key, final Object value)
    {
        System.out.println(key + "=" + value);
    }
}
