/** Connections that come and go as fast as they can: programs on the JDK's channels, over the kernel or by pnet run. */
package io.pnet.bench.connect;
