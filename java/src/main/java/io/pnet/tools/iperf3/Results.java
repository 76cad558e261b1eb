package io.pnet.tools.iperf3;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One side's results as they cross the control connection.
 *
 * @param cpu                  this side's.
 * @param senderHasRetransmits 1 when this side sends and knows its retransmissions, 0 when it sends and does not, -1
 *                             when it only receives.
 * @param congestion           congestion control this side used; null when unknown.
 * @param streams              by id.
 */
record Results(CpuUsage cpu, int senderHasRetransmits, String congestion, Map<Integer, StreamResult> streams)
{
    static Results of(
        final CpuUsage cpu, final String congestion, final boolean isSender, final List<StreamResult> streams)
    {
        final Map<Integer, StreamResult> byId = new HashMap<>();
        boolean hasRetransmits = false;
        for (final StreamResult stream : streams)
        {
            byId.put(stream.id(), stream);
            hasRetransmits |= stream.retransmits() >= 0;
        }
        return new Results(cpu, !isSender ? -1 : hasRetransmits ? 1 : 0, congestion, byId);
    }

    JsonObject toJson()
    {
        final JsonObject json = new JsonObject();
        json.addProperty("cpu_util_total", cpu.total());
        json.addProperty("cpu_util_user", cpu.user());
        json.addProperty("cpu_util_system", cpu.system());
        json.addProperty("sender_has_retransmits", senderHasRetransmits);
        if (congestion != null)
        {
            json.addProperty("congestion_used", congestion);
        }
        final JsonArray array = new JsonArray();
        streams.values().stream().sorted((a, b) -> Integer.compare(a.id(), b.id())).forEach(stream ->
        {
            final JsonObject one = new JsonObject();
            one.addProperty("id", stream.id());
            one.addProperty("bytes", stream.bytes());
            one.addProperty("retransmits", stream.retransmits());
            one.addProperty("jitter", stream.jitterSeconds());
            one.addProperty("errors", stream.errors());
            one.addProperty("packets", stream.packets());
            one.addProperty("start_time", 0);
            one.addProperty("end_time", stream.seconds());
            array.add(one);
        });
        json.add("streams", array);
        return json;
    }

    static Results fromJson(final JsonObject json) throws IOException
    {
        try
        {
            final Map<Integer, StreamResult> streams = new HashMap<>();
            for (final JsonElement element : json.getAsJsonArray("streams"))
            {
                final JsonObject one = element.getAsJsonObject();
                final StreamResult stream = new StreamResult(
                    (int)number(one, "id"),
                    (long)number(one, "bytes"),
                    unsigned(number(one, "retransmits")),
                    number(one, "jitter"),
                    (long)number(one, "errors"),
                    (long)number(one, "packets"),
                    0,
                    number(one, "end_time"));
                streams.put(stream.id(), stream);
            }
            return new Results(
                new CpuUsage(
                    number(json, "cpu_util_total"), number(json, "cpu_util_user"), number(json, "cpu_util_system")),
                (int)unsigned(number(json, "sender_has_retransmits")),
                json.has("congestion_used") ? json.get("congestion_used").getAsString() : null,
                streams);
        }
        catch (final RuntimeException ex)
        {
            throw new IOException("the peer's results cannot be read", ex);
        }
    }

    /** iperf3 writes -1 as an unsigned number of 64 bits. */
    private static long unsigned(final double number)
    {
        return number >= 0x1p63 ? -1 : (long)number;
    }

    private static double number(final JsonObject json, final String name)
    {
        final JsonElement value = json.get(name);
        return value == null || value.isJsonNull() ? 0 : value.getAsDouble();
    }
}
