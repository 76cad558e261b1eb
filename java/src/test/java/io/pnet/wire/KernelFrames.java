package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

import java.util.HexFormat;

/**
 * Frames that Linux wrote, captured on a veth pair with checksum offload off: vectors that owe nothing to our code.
 * 10.9.0.1 and fe80::20a0:48ff:febd:730b are at 22:a0:48:bd:73:0b, 10.9.0.2 and fe80::ac3e:4aff:fe4a:d9b3 at
 * ae:3e:4a:4a:d9:b3.
 */
public final class KernelFrames
{
    public static final String NEIGHBOUR_SOLICITATION =
        "3333ff4ad9b3ae3e4a4ad9b386dd6000000000203aff00000000000000000000000000000000ff0200000000" +
        "000000000001ff4ad9b38700393d00000000fe80000000000000ac3e4afffe4ad9b30e01e00f65434653";
    public static final String MLD_V2_REPORT =
        "333300000016ae3e4a4ad9b386dd6000000000240001fe80000000000000ac3e4afffe4ad9b3ff0200000000" +
        "000000000000000000163a000502000001008f00c7ce0000000104000000ff0200000000000000000001ff4a" +
        "d9b3";
    public static final String ROUTER_SOLICITATION =
        "333300000002ae3e4a4ad9b386dd6000000000103afffe80000000000000ac3e4afffe4ad9b3ff0200000000" +
        "000000000000000000028500dab4000000000101ae3e4a4ad9b3";
    public static final String ARP_REQUEST =
        "ffffffffffff22a048bd730b0806000108000604000122a048bd730b0a0900010000000000000a090002";
    public static final String ARP_REPLY =
        "22a048bd730bae3e4a4ad9b308060001080006040002ae3e4a4ad9b30a09000222a048bd730b0a090001";
    public static final String PING =
        "ae3e4a4ad9b322a048bd730b080045000054631440004001c3800a0900010a0900020800f0b817430001eda3" +
        "046b0000000034210b0000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d" +
        "2e2f3031323334353637";
    public static final String NEIGHBOUR_ADVERTISEMENT =
        "22a048bd730bae3e4a4ad9b386dd6000000000203afffe80000000000000ac3e4afffe4ad9b3fe8000000000" +
        "000020a048fffebd730b8800ce0160000000fe80000000000000ac3e4afffe4ad9b30201ae3e4a4ad9b3";
    public static final String PING_V6 =
        "ae3e4a4ad9b322a048bd730b86dd6008a13300403a40fe8000000000000020a048fffebd730bfe8000000000" +
        "0000ac3e4afffe4ad9b38000956f17480001eda3046b000000006f430b000000000010111213141516171819" +
        "1a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637";
    public static final String TCP_SYN =
        "ae3e4a4ad9b322a048bd730b08004500003c827340004006a4340a0900010a090002dc9a1e6177afe5820000" +
        "0000a002faf051780000020405b40402080aca17c539000000000103030a";
    public static final String TCP_DATA =
        "ae3e4a4ad9b322a048bd730b080045000045827540004006a4290a0900010a090002dc9a1e6177afe583595c" +
        "4c078018003f346c00000101080aca17c53973940f4b68656c6c6f2c206f6464206c656e677468";
    public static final String TCP_SYN_V6 =
        "ae3e4a4ad9b322a048bd730b86dd6004716300280640fe8000000000000020a048fffebd730bfe8000000000" +
        "0000ac3e4afffe4ad9b3ee2c1e61a8983ed300000000a002fd20a9610000020405a00402080aca323bbb0000" +
        "00000103030a";
    public static final String TCP_DATA_V6 =
        "ae3e4a4ad9b322a048bd730b86dd6004716300310640fe8000000000000020a048fffebd730bfe8000000000" +
        "0000ac3e4afffe4ad9b3ee2c1e61a8983ed41c9e999780180040a16e00000101080aca323bbb6cf8f2166865" +
        "6c6c6f2c206f6464206c656e677468";
    public static final String UDP =
        "ae3e4a4ad9b322a048bd730b080045000024af424000401177720a0900010a090002a2481e620010896c6461" +
        "74616772616d";
    public static final String PORT_UNREACHABLE =
        "22a048bd730bae3e4a4ad9b3080045c00040661000004001ffd80a0900020a09000103031133000000004500" +
        "0024af424000401177720a0900010a090002a2481e620010896c646174616772616d";
    public static final String UDP_V6 =
        "ae3e4a4ad9b322a048bd730b86dd600affaa00111140fe8000000000000020a048fffebd730bfe8000000000" +
        "0000ac3e4afffe4ad9b390e61e620011d139646174616772616d36";

    private KernelFrames()
    {
    }

    /** The frame's bytes in a buffer of its own. */
    public static UnsafeBuffer buffer(final String hex)
    {
        return new UnsafeBuffer(HexFormat.of().parseHex(hex));
    }
}
