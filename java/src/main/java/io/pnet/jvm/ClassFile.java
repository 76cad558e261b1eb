package io.pnet.jvm;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A class file whose constants can be changed (JVM specification section 4.4): names of classes, and which class a
 * static method is called on. Code, fields and methods stay as they are, byte for byte, so that nothing has to be
 * verified, computed or laid out anew. That is all of class-file rewriting that Pnet needs.
 */
public final class ClassFile
{
    private static final int CONSTANTS_OFFSET = 8;
    private static final int UTF8 = 1;
    private static final int INTEGER = 3;
    private static final int FLOAT = 4;
    private static final int LONG = 5;
    private static final int DOUBLE = 6;
    private static final int CLASS = 7;
    private static final int STRING = 8;
    private static final int METHOD_HANDLE = 15;
    private static final int METHOD_TYPE = 16;
    private static final int MODULE = 19;
    private static final int PACKAGE = 20;
    private static final int METHOD_REF = 10;

    private final byte[] head;
    /** Each constant with its tag; null at 0 and behind a long or double, which count for two. */
    private final List<byte[]> constants = new ArrayList<>();
    private final byte[] tail;

    /** Reads one. */
    public ClassFile(final byte[] bytes)
    {
        try
        {
            final DataInputStream input = new DataInputStream(new java.io.ByteArrayInputStream(bytes));
            head = input.readNBytes(CONSTANTS_OFFSET);
            final int count = input.readUnsignedShort();
            constants.add(null);
            while (constants.size() < count)
            {
                final byte[] constant = constant(input);
                constants.add(constant);
                if (constant[0] == LONG || constant[0] == DOUBLE)
                {
                    constants.add(null);
                }
            }
            tail = input.readAllBytes();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException("not a class file", ex);
        }
    }

    /** The class file of a class of ours, which need not be loaded for that. */
    public static ClassFile of(final Class<?> neighbour, final String simpleName)
    {
        try (InputStream input = neighbour.getResourceAsStream(simpleName + ".class"))
        {
            if (input == null)
            {
                throw new IllegalStateException(simpleName + ".class is missing beside " + neighbour.getName());
            }
            return new ClassFile(input.readAllBytes());
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    /**
     * Renames classes wherever they stand, in descriptors too.
     *
     * @param names internal names ({@code java/lang/Object}), old to new.
     */
    public ClassFile rename(final Map<String, String> names)
    {
        for (int i = 1; i < constants.size(); i++)
        {
            if (isA(i, UTF8))
            {
                final String text = utf8(i);
                final String renamed = rename(text, names);
                if (!renamed.equals(text))
                {
                    constants.set(i, utf8(renamed));
                }
            }
        }
        return this;
    }

    private static String rename(final String text, final Map<String, String> names)
    {
        final String whole = names.get(text);
        String renamed = whole != null ? whole : text;
        if (whole == null)
        {
            for (final Map.Entry<String, String> each : names.entrySet())
            {
                renamed = renamed.replace("L" + each.getKey() + ";", "L" + each.getValue() + ";");
            }
        }
        return renamed;
    }

    /**
     * Has calls of a class's static methods go to the methods of that name and type in another class.
     *
     * @param owner   internal name of the class that they are called on.
     * @param methods their names.
     * @param target  internal name of the other class.
     * @return the names of those that are called.
     */
    public Set<String> redirect(final String owner, final Set<String> methods, final String target)
    {
        final Set<String> redirected = new java.util.TreeSet<>();
        final int count = constants.size();
        int targetClass = 0;
        for (int i = 1; i < count; i++)
        {
            if (!isA(i, METHOD_REF))
            {
                continue;
            }
            final int ofClass = index(i, 1);
            final String name = utf8(index(index(i, 3), 1));
            if (utf8(index(ofClass, 1)).equals(owner) && methods.contains(name))
            {
                if (targetClass == 0)
                {
                    constants.add(utf8(target));
                    constants.add(reference(CLASS, constants.size() - 1));
                    targetClass = constants.size() - 1;
                }
                ByteBuffer.wrap(constants.get(i)).putShort(1, (short)targetClass);
                redirected.add(name);
            }
        }
        return redirected;
    }

    /** The class file as it is now. */
    public byte[] bytes()
    {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream output = new DataOutputStream(bytes))
        {
            output.write(head);
            output.writeShort(constants.size());
            for (final byte[] constant : constants)
            {
                if (constant != null)
                {
                    output.write(constant);
                }
            }
            output.write(tail);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
        return bytes.toByteArray();
    }

    private static byte[] constant(final DataInputStream input) throws IOException
    {
        final int tag = input.readUnsignedByte();
        if (tag == UTF8)
        {
            final int length = input.readUnsignedShort();
            final byte[] text = input.readNBytes(length);
            return ByteBuffer.allocate(3 + length).put((byte)tag).putShort((short)length).put(text).array();
        }
        final byte[] rest = input.readNBytes(switch (tag)
        {
            case CLASS, STRING, METHOD_TYPE, MODULE, PACKAGE -> 2;
            case METHOD_HANDLE -> 3;
            case LONG, DOUBLE -> 8;
            case INTEGER, FLOAT -> 4;
            // References, names with types, dynamic ones: two indices.
            default -> 4;
        });
        return ByteBuffer.allocate(1 + rest.length).put((byte)tag).put(rest).array();
    }

    private boolean isA(final int constant, final int tag)
    {
        final byte[] bytes = constants.get(constant);
        return bytes != null && bytes[0] == tag;
    }

    private int index(final int constant, final int offset)
    {
        return ByteBuffer.wrap(constants.get(constant)).getShort(offset) & 0xFFFF;
    }

    private String utf8(final int constant)
    {
        // Modified UTF-8 differs from UTF-8 outside of what names have here; such constants match nothing.
        final byte[] bytes = constants.get(constant);
        return new String(bytes, 3, bytes.length - 3, StandardCharsets.ISO_8859_1);
    }

    private static byte[] utf8(final String text)
    {
        final byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(3 + bytes.length).put((byte)UTF8).putShort((short)bytes.length).put(bytes).array();
    }

    private static byte[] reference(final int tag, final int index)
    {
        return ByteBuffer.allocate(3).put((byte)tag).putShort((short)index).array();
    }
}
