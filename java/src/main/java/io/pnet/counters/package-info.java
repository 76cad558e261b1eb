/**
 * Counters: one enum constant each, and exactly one reason for every dropped frame. Every room but {@code wire} may
 * know this one; it knows only Agrona.
 */
package io.pnet.counters;
