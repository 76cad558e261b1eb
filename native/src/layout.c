#define _GNU_SOURCE
#include "internal.h"

#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>

struct entry
{
    const char *key;
    size_t value;
};

#define SIZE(type) {"sizeof " #type, sizeof(struct type)}
#define FIELD(type, field) {"offsetof " #type " " #field, offsetof(struct type, field)}
#define VALUE(name) {#name, (size_t)(name)}

static const struct entry ENTRIES[] = {
    SIZE(tpacket2_hdr),
    FIELD(tpacket2_hdr, tp_status),
    FIELD(tpacket2_hdr, tp_len),
    FIELD(tpacket2_hdr, tp_snaplen),
    FIELD(tpacket2_hdr, tp_mac),
    FIELD(tpacket2_hdr, tp_sec),
    FIELD(tpacket2_hdr, tp_nsec),
    FIELD(tpacket2_hdr, tp_vlan_tci),
    {"TX_DATA_OFFSET", (sizeof(struct tpacket2_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT},
    VALUE(TP_STATUS_USER),
    VALUE(TP_STATUS_COPY),
    VALUE(TP_STATUS_LOSING),
    VALUE(TP_STATUS_CSUMNOTREADY),
    VALUE(TP_STATUS_VLAN_VALID),
    VALUE(TP_STATUS_CSUM_VALID),
    VALUE(TP_STATUS_SEND_REQUEST),
    VALUE(TP_STATUS_SENDING),
    VALUE(TP_STATUS_WRONG_FORMAT),

    SIZE(virtio_net_hdr),
    FIELD(virtio_net_hdr, flags),
    FIELD(virtio_net_hdr, gso_type),
    FIELD(virtio_net_hdr, hdr_len),
    FIELD(virtio_net_hdr, gso_size),
    FIELD(virtio_net_hdr, csum_start),
    FIELD(virtio_net_hdr, csum_offset),
    VALUE(VIRTIO_NET_HDR_F_NEEDS_CSUM),
    VALUE(VIRTIO_NET_HDR_F_DATA_VALID),
    VALUE(VIRTIO_NET_HDR_GSO_ECN),

    SIZE(iovec),
    FIELD(iovec, iov_base),
    FIELD(iovec, iov_len),
    SIZE(mmsghdr),
    FIELD(mmsghdr, msg_hdr.msg_iov),
    FIELD(mmsghdr, msg_hdr.msg_iovlen),
    FIELD(mmsghdr, msg_len),

    SIZE(pnet_interface),
    FIELD(pnet_interface, mac),
    FIELD(pnet_interface, index),
    FIELD(pnet_interface, mtu),
    FIELD(pnet_interface, hardware_type),
    FIELD(pnet_interface, is_up),
    FIELD(pnet_interface, name),

    SIZE(pnet_packet_options),
    FIELD(pnet_packet_options, mac),
    FIELD(pnet_packet_options, ring_fd),
    FIELD(pnet_packet_options, gather_fd),
    FIELD(pnet_packet_options, rx_slot_bytes),
    FIELD(pnet_packet_options, rx_slots),
    FIELD(pnet_packet_options, tx_slot_bytes),
    FIELD(pnet_packet_options, tx_slots),
    FIELD(pnet_packet_options, copy_large),
    FIELD(pnet_packet_options, receive_buffer_bytes),
    FIELD(pnet_packet_options, send_buffer_bytes),
    FIELD(pnet_packet_options, ring_send_buffer_bytes),
    FIELD(pnet_packet_options, qdisc_bypass),
    FIELD(pnet_packet_options, promiscuous),
    FIELD(pnet_packet_options, fanout_group),
    FIELD(pnet_packet_options, fanout_seed),
    FIELD(pnet_packet_options, name),

    SIZE(pnet_packet),
    FIELD(pnet_packet, address),
    FIELD(pnet_packet, length),
    FIELD(pnet_packet, tx_offset),
    FIELD(pnet_packet, interface),
    FIELD(pnet_packet, ring_fd),
    FIELD(pnet_packet, gather_fd),
    FIELD(pnet_packet, watch_fd),
    FIELD(pnet_packet, rx_slot_bytes),
    FIELD(pnet_packet, rx_slots),
    FIELD(pnet_packet, tx_slot_bytes),
    FIELD(pnet_packet, tx_slots),
    FIELD(pnet_packet, vnet_header_bytes),
    FIELD(pnet_packet, receive_buffer_bytes),
    FIELD(pnet_packet, fanout_group),
    FIELD(pnet_packet, failed_step),

    SIZE(pnet_tap),
    FIELD(pnet_tap, interface),
    FIELD(pnet_tap, fd),
    FIELD(pnet_tap, offloads),
    FIELD(pnet_tap, vnet_header_bytes),
    FIELD(pnet_tap, was_created),
    FIELD(pnet_tap, failed_step),
};

int pnet_layout(const char *key)
{
    for (size_t i = 0; i < sizeof ENTRIES / sizeof ENTRIES[0]; i++)
    {
        if (strcmp(ENTRIES[i].key, key) == 0)
        {
            return (int)ENTRIES[i].value;
        }
    }
    return -1;
}
