package io.pnet.packetdrill;

import java.util.List;
import java.util.Map;

/**
 * A parsed script.
 *
 * @param options the lines at its head that begin with two dashes, by name without them.
 * @param events  in order.
 * @param isBsd   whether it speaks of FreeBSD's settings.
 * @param isLinux whether it speaks of Linux's.
 */
record Script(Map<String, String> options, List<Event> events, boolean isBsd, boolean isLinux)
{
}
