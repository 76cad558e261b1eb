package io.pnet.bench.servers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The JDK's two HTTP clients as an application uses them: many small requests, a large answer, a large request. */
public final class HttpClients
{
    private static final int SMALL = 500;
    private static final int CHUNK = 1 << 16;

    private HttpClients()
    {
    }

    /**
     * Runs one of the clients.
     *
     * @param args {@code HttpClient} or {@code HttpURLConnection}, the server's address in front of a path, the large
     *             file.
     * @throws IOException              if a request fails.
     * @throws InterruptedException     if asked to stop.
     * @throws NoSuchAlgorithmException never.
     */
    public static void main(final String[] args) throws IOException, InterruptedException, NoSuchAlgorithmException
    {
        final long beganNs = System.nanoTime();
        final Path file = Path.of(args[2]);
        final String[] digests =
            args[0].equals("HttpClient") ? httpClient(args[1], file) : urlConnection(args[1], file);
        System.out.printf("down %s up %s seconds %.3f%n", digests[0], digests[1], (System.nanoTime() - beganNs) / 1e9);
    }

    private static String[] httpClient(final String server, final Path file)
        throws IOException, InterruptedException, NoSuchAlgorithmException
    {
        final HttpClient client = HttpClient.newHttpClient();
        final HttpRequest small = HttpRequest.newBuilder(URI.create(server + "/hello.txt")).build();
        for (int i = 0; i < SMALL; i++)
        {
            require(client.send(small, HttpResponse.BodyHandlers.ofString()).statusCode());
        }
        final HttpResponse<InputStream> large = client.send(
            HttpRequest.newBuilder(URI.create(server + "/big.bin")).build(), HttpResponse.BodyHandlers.ofInputStream());
        final String down = digest(large.body());
        final HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(server + "/digest.jsp"))
            .POST(HttpRequest.BodyPublishers.ofFile(file)).build(), HttpResponse.BodyHandlers.ofString());
        require(answer.statusCode());
        return new String[] {down, answer.body().strip()};
    }

    private static String[] urlConnection(final String server, final Path file)
        throws IOException, NoSuchAlgorithmException
    {
        for (int i = 0; i < SMALL; i++)
        {
            final HttpURLConnection small = open(server + "/hello.txt");
            require(small.getResponseCode());
            small.getInputStream().readAllBytes();
        }
        final String down = digest(open(server + "/big.bin").getInputStream());
        final HttpURLConnection up = open(server + "/digest.jsp");
        up.setRequestMethod("POST");
        up.setDoOutput(true);
        up.setFixedLengthStreamingMode(Files.size(file));
        try (OutputStream out = up.getOutputStream())
        {
            Files.copy(file, out);
        }
        require(up.getResponseCode());
        return new String[] {down, new String(up.getInputStream().readAllBytes()).strip()};
    }

    private static HttpURLConnection open(final String url) throws IOException
    {
        return (HttpURLConnection)URI.create(url).toURL().openConnection();
    }

    private static void require(final int status) throws IOException
    {
        if (status != 200)
        {
            throw new IOException("status " + status);
        }
    }

    private static String digest(final InputStream in) throws IOException, NoSuchAlgorithmException
    {
        final MessageDigest digest = MessageDigest.getInstance("SHA-256");
        final byte[] bytes = new byte[CHUNK];
        for (int length = in.read(bytes); length >= 0; length = in.read(bytes))
        {
            digest.update(bytes, 0, length);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
