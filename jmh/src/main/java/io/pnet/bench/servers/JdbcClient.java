package io.pnet.bench.servers;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HexFormat;

/** An application of a database: small statements one after the other, and rows of a mebibyte there and back. */
public final class JdbcClient
{
    private static final int SMALL = 2000;
    private static final int ROW = 1 << 20;

    private JdbcClient()
    {
    }

    /**
     * Works with a database.
     *
     * @param args the database's URL, the large file, how many of its mebibytes go into the table.
     * @throws SQLException             if a statement fails.
     * @throws IOException              if the file cannot be read, or something else came back.
     * @throws NoSuchAlgorithmException never.
     */
    public static void main(final String[] args) throws SQLException, IOException, NoSuchAlgorithmException
    {
        final long beganNs = System.nanoTime();
        final int rows = Integer.parseInt(args[2]);
        try (Connection connection = DriverManager.getConnection(args[0]);
            FileChannel file = FileChannel.open(Path.of(args[1])))
        {
            small(connection);
            try (Statement statement = connection.createStatement())
            {
                statement.execute("create temporary table chunk (id int primary key, content bytea)");
                // Random bytes: compressing them would be the figure.
                statement.execute("alter table chunk alter column content set storage external");
            }
            connection.setAutoCommit(false);
            final MessageDigest sent = MessageDigest.getInstance("SHA-256");
            try (PreparedStatement insert = connection.prepareStatement("insert into chunk values (?, ?)"))
            {
                final byte[] bytes = new byte[ROW];
                for (int i = 0; i < rows; i++)
                {
                    file.read(ByteBuffer.wrap(bytes));
                    sent.update(bytes);
                    insert.setInt(1, i);
                    insert.setBytes(2, bytes);
                    insert.executeUpdate();
                }
            }
            connection.commit();
            final MessageDigest received = MessageDigest.getInstance("SHA-256");
            try (Statement select = connection.createStatement())
            {
                select.setFetchSize(4);
                try (ResultSet result = select.executeQuery("select content from chunk order by id"))
                {
                    while (result.next())
                    {
                        received.update(result.getBytes(1));
                    }
                }
            }
            final byte[] digest = sent.digest();
            if (!Arrays.equals(digest, received.digest()))
            {
                throw new IOException("another digest came back than went in, " + HexFormat.of().formatHex(digest));
            }
        }
        System.out.printf("%d small statements, %d MiB there and back, seconds %.3f%n",
            SMALL, rows, (System.nanoTime() - beganNs) / 1e9);
    }

    private static void small(final Connection connection) throws SQLException, IOException
    {
        try (PreparedStatement add = connection.prepareStatement("select ? + 1"))
        {
            for (int i = 0; i < SMALL; i++)
            {
                add.setInt(1, i);
                try (ResultSet result = add.executeQuery())
                {
                    if (!result.next() || result.getInt(1) != i + 1)
                    {
                        throw new IOException("the database cannot add");
                    }
                }
            }
        }
    }
}
