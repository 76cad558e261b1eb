package io.pnet.tools.iperf3;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.pnet.tools.net.Stream;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The control connection. One thread reads at a time, one writes at a time.
 */
final class Control implements Closeable
{
    /** JSON longer than this is no iperf3. */
    static final int MAX_JSON_BYTES = 8 << 20;

    private final Stream stream;

    Control(final Stream stream)
    {
        this.stream = stream;
    }

    Stream stream()
    {
        return stream;
    }

    void readTimeout(final Duration timeout) throws IOException
    {
        stream.readTimeout(timeout);
    }

    void writeCookie(final String cookie) throws IOException
    {
        stream.write(ByteBuffer.wrap(Cookie.encode(cookie)));
    }

    String readCookie() throws IOException
    {
        return Cookie.decode(readFully(Cookie.LENGTH).array());
    }

    void writeState(final byte state) throws IOException
    {
        stream.write(ByteBuffer.wrap(new byte[]{state}));
    }

    byte readState() throws IOException
    {
        return readFully(1).get();
    }

    void writeError(final int code, final int errno) throws IOException
    {
        stream.write(ByteBuffer.allocate(9).put(State.SERVER_ERROR).putInt(code).putInt(errno).flip());
    }

    int readInt() throws IOException
    {
        return readFully(4).getInt();
    }

    void writeJson(final JsonObject json) throws IOException
    {
        final byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
        stream.write(ByteBuffer.allocate(4 + text.length).putInt(text.length).put(text).flip());
    }

    JsonObject readJson() throws IOException
    {
        final int length = readInt();
        if (length <= 0 || length > MAX_JSON_BYTES)
        {
            throw new IOException("the peer announces " + Integer.toUnsignedString(length) + " bytes of JSON");
        }
        final String text = new String(readFully(length).array(), StandardCharsets.UTF_8);
        try
        {
            return JsonParser.parseString(text).getAsJsonObject();
        }
        catch (final JsonParseException | IllegalStateException ex)
        {
            throw new IOException("the peer's JSON cannot be read", ex);
        }
    }

    private ByteBuffer readFully(final int length) throws IOException
    {
        final ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining())
        {
            if (stream.read(bytes) < 0)
            {
                throw new EOFException("control socket has closed unexpectedly");
            }
        }
        return bytes.flip();
    }

    @Override
    public void close()
    {
        stream.close();
    }
}
