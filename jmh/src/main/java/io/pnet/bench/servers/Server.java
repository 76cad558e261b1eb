package io.pnet.bench.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A server as it is published, and what it can be asked.
 *
 * @param name     what {@code --only} calls it.
 * @param title    what people call it.
 * @param protocol what it speaks.
 * @param port     where it listens.
 * @param hello    a small resource for HTTP, or empty.
 * @param download the path of the large file, or empty if it serves no files.
 * @param upload   a path that answers with the digest of what is posted to it, or empty.
 * @param isLoaded whether the load table has it.
 * @param rival    the same server on another transport of the kernel's, which the load table has as well; or null.
 * @param start    how it is started.
 */
record Server(
    String name, String title, Protocol protocol, int port, String hello, String download, String upload,
    boolean isLoaded, Server rival, Start start)
{
    /** What a server speaks. */
    enum Protocol
    {
        HTTP, HTTP2_TLS, ECHO, ZOOKEEPER
    }

    /**
     * A command line.
     *
     * @param folder where it runs.
     * @param words  the program and its arguments.
     */
    record Command(Path folder, List<String> words)
    {
    }

    /** How a server is started. */
    interface Start
    {
        /**
         * Lays out what the server needs in a folder of its own, unless it is there already.
         *
         * @param base that folder.
         */
        Command in(Path base, Tools tools) throws IOException, InterruptedException;
    }

    static Server http(final String name, final String title, final int port, final String hello, final Start start)
    {
        return new Server(name, title, Protocol.HTTP, port, hello, "", "", false, null, start);
    }

    static Server of(
        final Protocol protocol, final String name, final String title, final int port, final Start start)
    {
        return new Server(name, title, protocol, port, "", "", "", false, null, start);
    }

    Server downloads(final String path)
    {
        return new Server(name, title, protocol, port, hello, path, upload, isLoaded, rival, start);
    }

    Server uploads(final String path)
    {
        return new Server(name, title, protocol, port, hello, download, path, isLoaded, rival, start);
    }

    Server loaded()
    {
        return new Server(name, title, protocol, port, hello, download, upload, true, rival, start);
    }

    Server against(final Server other)
    {
        return new Server(name, title, protocol, port, hello, download, upload, isLoaded, other, start);
    }

    String url(final String path)
    {
        return (protocol == Protocol.HTTP2_TLS ? "https://" : "http://") + Place.RIGHT + ":" + port + path;
    }
}
