package io.pnet.dns;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A DNS message (RFC 1035 section 4.1): queries are written, answers are read and checked as a whole.
 *
 * <pre>
 *                                   1  1  1  1  1  1
 *     0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
 *   +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *   |                      id                       |
 *   +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *   |QR|  opcode   |AA|TC|RD|RA| Z|AD|CD|   rcode   |
 *   +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *   |       questions       |        answers        |  (two 16-bit fields)
 *   +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *   |      authorities      |      additional       |  (two 16-bit fields)
 *   +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * </pre>
 *
 * @param name    the question's name, see {@link DnsName}.
 * @param type    the question's type.
 * @param answers the records of the answer section that are of a kind we know; empty when the message is truncated.
 */
record DnsMessage(int id, boolean isTruncated, int rcode, String name, int type, List<Data> answers)
{
    static final int A = 1;
    static final int CNAME = 5;
    static final int PTR = 12;
    static final int AAAA = 28;

    static final int NO_ERROR = 0;
    static final int FORMAT_ERROR = 1;
    static final int SERVER_FAILURE = 2;
    static final int NO_SUCH_NAME = 3;
    static final int NOT_IMPLEMENTED = 4;
    static final int REFUSED = 5;

    /** What we take in a datagram: fits every path's MTU, so that nothing is fragmented (RFC 9715). */
    static final int EDNS_BYTES = 1232;

    /** The names that a chain of CNAMEs may have. */
    static final int MAX_CHAIN = 16;

    private static final int HEADER_LENGTH = 12;
    private static final int FLAGS_OFFSET = 2;
    private static final int QUESTIONS_OFFSET = 4;
    private static final int ANSWERS_OFFSET = 6;
    private static final int RESPONSE = 0x8000;
    private static final int OPCODE = 0x7800;
    private static final int TRUNCATED = 0x0200;
    private static final int RECURSION_DESIRED = 0x0100;
    private static final int RCODE = 0x000F;
    private static final int INTERNET = 1;
    private static final int OPT = 41;
    private static final int OPT_LENGTH = 11;
    private static final int QUESTION_TAIL = 4;
    private static final int RECORD_FIXED = 10;

    /**
     * One resource record.
     *
     * @param target  the name that a CNAME or PTR leads to, else null.
     * @param address the bytes of an A or AAAA, else null.
     */
    record Data(String name, int type, String target, byte[] address)
    {
    }

    /**
     * What the answers say of the question's name.
     *
     * @param name    where the chain of CNAMEs ends; the question's name if there is none.
     * @param records of the type asked for, with that name.
     */
    record Chain(String name, List<Data> records)
    {
    }

    /**
     * A query for one name and type, recursion desired.
     *
     * @param isExtended whether it says by EDNS (RFC 6891) how much we take; without it that is 512 bytes.
     */
    static byte[] query(final int id, final String name, final int type, final boolean isExtended)
    {
        final ByteBuffer message = ByteBuffer.allocate(HEADER_LENGTH + name.length() + 2 + QUESTION_TAIL + OPT_LENGTH);
        message.putShort((short)id).putShort((short)RECURSION_DESIRED);
        message.putShort((short)1).putShort((short)0).putShort((short)0).putShort((short)(isExtended ? 1 : 0));
        DnsName.write(name, message);
        message.putShort((short)type).putShort((short)INTERNET);
        if (isExtended)
        {
            message.put((byte)0).putShort((short)OPT).putShort((short)EDNS_BYTES).putInt(0).putShort((short)0);
        }
        final byte[] bytes = new byte[message.position()];
        message.flip().get(bytes);
        return bytes;
    }

    /**
     * Reads a response. Whatever the bytes are, it is this or:
     *
     * @throws DnsFormatException when they are not a well-formed response to one question.
     */
    static DnsMessage parse(final byte[] bytes) throws DnsFormatException
    {
        if (bytes.length < HEADER_LENGTH)
        {
            throw new DnsFormatException("shorter than a header");
        }
        final int flags = uint16(bytes, FLAGS_OFFSET);
        if ((flags & RESPONSE) == 0 || (flags & OPCODE) != 0 || uint16(bytes, QUESTIONS_OFFSET) != 1)
        {
            throw new DnsFormatException("not a response to one question");
        }
        final DnsName.Read question = DnsName.read(bytes, bytes.length, HEADER_LENGTH);
        require(bytes, question.end(), QUESTION_TAIL);
        if (uint16(bytes, question.end() + 2) != INTERNET)
        {
            throw new DnsFormatException("not of the Internet's class");
        }
        final boolean isTruncated = (flags & TRUNCATED) != 0;
        // What is truncated ends anywhere, and is asked for again.
        final List<Data> answers = isTruncated ?
            List.of() : answers(bytes, question.end() + QUESTION_TAIL, uint16(bytes, ANSWERS_OFFSET));
        return new DnsMessage(
            uint16(bytes, 0), isTruncated, flags & RCODE, question.name(), uint16(bytes, question.end()), answers);
    }

    /** Follows the CNAMEs from the question's name. */
    Chain chain() throws DnsFormatException
    {
        String current = name;
        for (int i = 0; i < MAX_CHAIN; i++)
        {
            final List<Data> records = new ArrayList<>();
            String next = null;
            for (final Data each : answers)
            {
                if (each.name.equals(current))
                {
                    if (each.type == type)
                    {
                        records.add(each);
                    }
                    else if (each.type == CNAME)
                    {
                        next = each.target;
                    }
                }
            }
            if (!records.isEmpty() || next == null)
            {
                return new Chain(current, records);
            }
            current = next;
        }
        throw new DnsFormatException("the aliases of " + name + " lead nowhere");
    }

    private static List<Data> answers(final byte[] bytes, final int offset, final int count) throws DnsFormatException
    {
        final List<Data> answers = new ArrayList<>();
        int at = offset;
        for (int i = 0; i < count; i++)
        {
            final DnsName.Read owner = DnsName.read(bytes, bytes.length, at);
            at = owner.end();
            require(bytes, at, RECORD_FIXED);
            final int type = uint16(bytes, at);
            final int recordClass = uint16(bytes, at + 2);
            final int length = uint16(bytes, at + 8);
            at += RECORD_FIXED;
            require(bytes, at, length);
            if (recordClass == INTERNET)
            {
                add(answers, owner.name(), type, bytes, at, length);
            }
            at += length;
        }
        return answers;
    }

    private static void add(
        final List<Data> answers,
        final String owner,
        final int type,
        final byte[] bytes,
        final int offset,
        final int length)
        throws DnsFormatException
    {
        switch (type)
        {
            case A, AAAA ->
            {
                if (length != (type == A ? 4 : 16))
                {
                    throw new DnsFormatException("an address of " + length + " bytes");
                }
                final byte[] address = new byte[length];
                System.arraycopy(bytes, offset, address, 0, length);
                answers.add(new Data(owner, type, null, address));
            }
            case CNAME, PTR ->
            {
                final DnsName.Read target = DnsName.read(bytes, bytes.length, offset);
                if (target.end() != offset + length)
                {
                    throw new DnsFormatException("a name that is not as long as its record");
                }
                answers.add(new Data(owner, type, target.name(), null));
            }
            default ->
            {
                // RRSIG and others that nobody here has asked for.
            }
        }
    }

    private static void require(final byte[] bytes, final int offset, final int length) throws DnsFormatException
    {
        if (offset + length > bytes.length)
        {
            throw new DnsFormatException("it ends too early");
        }
    }

    private static int uint16(final byte[] bytes, final int offset)
    {
        return (bytes[offset] & 0xFF) << 8 | bytes[offset + 1] & 0xFF;
    }
}
