/**
 * The {@code pnet} command: ping, iperf3, nc, echo and a self test, each over Pnet or over the kernel.
 *
 * <p>May know every other room, and is the only one that may use picocli and gson. Whatever goes wrong ends as one line
 * on the standard error and exit code 1 (while running) or 2 (usage).
 */
package io.pnet.tools;
