/**
 * Where Pnet reaches into the JDK: class files whose constants are changed, and what {@link java.net.NetworkInterface}
 * says of a process with addresses of its own.
 *
 * <p>May know {@code stack} and what that knows.
 */
package io.pnet.jvm;
