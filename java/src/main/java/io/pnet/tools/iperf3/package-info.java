/**
 * iperf3's protocol: a TCP control connection that carries one-byte states and JSON with a length before it, and one
 * TCP connection or UDP flow a stream. Either end may be the real iperf3 3.12. One thread a stream; each block is
 * copied in and out through the ordinary blocking calls of {@link io.pnet.tools.net.Network}.
 */
package io.pnet.tools.iperf3;
