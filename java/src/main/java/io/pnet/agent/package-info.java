/**
 * What the JVM sees of Pnet when the agent starts it: two classes on the system class path, which know nobody of ours.
 * The runtime lies beside them in the same jar, under {@code pnet-runtime/}, and has a class loader of its own, so that
 * it meets neither the application's Agrona nor its JavaCPP.
 */
package io.pnet.agent;
