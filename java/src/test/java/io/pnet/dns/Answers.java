package io.pnet.dns;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes DNS answers for tests, right ones and wrong ones. */
final class Answers
{
    private static final int RESPONSE = 0x8180;

    private final int id;
    private final String name;
    private final int type;
    private final List<byte[]> records = new ArrayList<>();
    private int flags = RESPONSE;

    private Answers(final int id, final String name, final int type)
    {
        this.id = id;
        this.name = name;
        this.type = type;
    }

    /** An answer to a question. */
    static Answers to(final int id, final String name, final int type)
    {
        return new Answers(id, name, type);
    }

    /** What a query asks for. */
    static Answers to(final byte[] query)
    {
        try
        {
            final DnsName.Read question = DnsName.read(query, query.length, 12);
            return new Answers(
                ByteBuffer.wrap(query).getShort(0) & 0xFFFF,
                question.name(),
                ByteBuffer.wrap(query).getShort(question.end()));
        }
        catch (final DnsFormatException ex)
        {
            throw new AssertionError("a query that cannot be read", ex);
        }
    }

    String name()
    {
        return name;
    }

    int type()
    {
        return type;
    }

    int id()
    {
        return id;
    }

    Answers id(final int other)
    {
        final Answers changed = new Answers(other, name, type);
        changed.records.addAll(records);
        return changed;
    }

    Answers rcode(final int rcode)
    {
        flags |= rcode;
        return this;
    }

    Answers truncated()
    {
        flags |= 0x0200;
        return this;
    }

    /** Nobody's answer: a query. */
    Answers notAResponse()
    {
        flags &= ~0x8000;
        return this;
    }

    Answers address(final String owner, final int... bytes)
    {
        final byte[] data = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++)
        {
            data[i] = (byte)bytes[i];
        }
        return record(owner, bytes.length == 4 ? DnsMessage.A : DnsMessage.AAAA, data);
    }

    Answers alias(final String owner, final String target)
    {
        return record(owner, DnsMessage.CNAME, wire(target));
    }

    Answers pointer(final String owner, final String target)
    {
        return record(owner, DnsMessage.PTR, wire(target));
    }

    Answers record(final String owner, final int recordType, final byte[] data)
    {
        // The question's own name as a pointer to it, as servers write it.
        final byte[] ownerBytes = owner.equals(name) ? new byte[]{(byte)0xC0, 12} : wire(owner);
        final ByteBuffer record = ByteBuffer.allocate(ownerBytes.length + 10 + data.length);
        record.put(ownerBytes).putShort((short)recordType).putShort((short)1).putInt(60);
        record.putShort((short)data.length).put(data);
        records.add(record.array());
        return this;
    }

    byte[] bytes()
    {
        final ByteBuffer message = ByteBuffer.allocate(65_535);
        message.putShort((short)id).putShort((short)flags);
        message.putShort((short)1).putShort((short)records.size()).putInt(0);
        DnsName.write(name, message);
        message.putShort((short)type).putShort((short)1);
        records.forEach(message::put);
        return Arrays.copyOf(message.array(), message.position());
    }

    private static byte[] wire(final String name)
    {
        final ByteBuffer target = ByteBuffer.allocate(name.length() + 2);
        DnsName.write(name, target);
        return target.array();
    }
}
