/**
 * The seam that UDP, TCP and protocols of users' own plug into: what a transport is, what it is given, port spaces and
 * timers. UDP and TCP use nothing that a user's protocol could not.
 *
 * <p>Knows {@code ip} and what lies below it.
 */
package io.pnet.transport;
