/**
 * Links: how Ethernet frames enter and leave the process. A packet ring, a TAP, an in-memory pipe, and wrappers around
 * any of them (capture, impairment). Frames are shown in place and sent from where they lie.
 *
 * <p>Knows {@code wire} and {@code counters}. A link has one owner at a time: the stack that polls it.
 */
package io.pnet.link;
