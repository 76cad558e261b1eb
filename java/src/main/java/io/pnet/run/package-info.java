/**
 * Gives a whole JVM the network of a process of its own: what {@code pnet run} and the agent start. It reads the
 * settings, claims the addresses, opens what it needs of {@code java.base}, starts the stack, makes the JVM's channels,
 * sockets and names go through it, and ends it after the application's shutdown hooks.
 *
 * <p>It is loaded by the agent's own class loader, and started through {@link io.pnet.run.Launch} by name.
 */
package io.pnet.run;
