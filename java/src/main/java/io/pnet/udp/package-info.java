/**
 * UDP (RFC 768, RFC 8200 section 8.1, RFC 1122 section 4.1): endpoints, bound and connected, over the seam that every
 * transport uses.
 *
 * <p>Knows {@code transport} and what lies below it.
 */
package io.pnet.udp;
