/**
 * What the tools ask of a network, with two answers: the kernel's through the JDK's NIO channels, and Pnet's. One
 * program over both is what makes the comparison between them fair.
 *
 * <p>Everything blocks, and every socket may be closed from another thread, which ends the calls that wait on it.
 */
package io.pnet.tools.net;
