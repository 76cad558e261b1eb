/**
 * Names: a DNS client over the process's own stack, and what makes {@link java.net.InetAddress} use it. A network
 * namespace whose interface has no kernel address has no other way to a name server.
 *
 * <p>A name is looked for in this order: the process's own name, which goes with its Pnet addresses; the hosts file;
 * the name servers of {@code resolv.conf} or of the user. A name server that the routing rules give to the kernel,
 * such as systemd-resolved's 127.0.0.53, is asked through the kernel; every other through Pnet.
 *
 * <p>Look-ups block the thread that asks, which drives the stack meanwhile; they are not for handlers. Answers come
 * from strangers: whatever bytes they hold, a look-up ends with addresses or with
 * {@link java.net.UnknownHostException}. They are not kept here, InetAddress does that.
 *
 * <p>May know {@code socket} and what that knows.
 */
package io.pnet.dns;
