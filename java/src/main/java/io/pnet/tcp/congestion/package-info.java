/**
 * Congestion control: one small interface, one class per algorithm. An algorithm sees a {@link
 * io.pnet.tcp.congestion.CongestionWindow} and events; it knows neither segments nor timers, so that a user's own fits
 * in one class. Knows nobody.
 */
package io.pnet.tcp.congestion;
