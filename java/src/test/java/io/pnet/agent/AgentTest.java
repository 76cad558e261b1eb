package io.pnet.agent;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.DataInputStream;
import java.io.InputStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

class AgentTest
{
    /** An old JVM must get as far as the line that says what it lacks. */
    @Test
    void theEntryIsAClassFileOfJava8() throws Exception
    {
        try (InputStream in = Agent.class.getResourceAsStream("Agent.class"))
        {
            final DataInputStream header = new DataInputStream(in);
            assertEquals(0xCAFEBABE, header.readInt());
            assertEquals(0, header.readUnsignedShort());
            assertEquals(52, header.readUnsignedShort());
        }
    }

    @ParameterizedTest
    @CsvSource({"1.8,8", "9,9", "11,11", "17,17", "25,25"})
    void readsTheVersionsOfOldAndNewJvms(final String specification, final int version)
    {
        assertEquals(version, Agent.version(specification));
    }
}
