/**
 * The composition root: a {@link io.pnet.stack.Stack} puts links, the Internet layer and transports together and runs
 * their duty cycle; {@link io.pnet.stack.StackDriver} decides which thread runs it; {@link io.pnet.stack.IpProcess} is
 * what users build. This is the lowest room that reads a clock, draws random numbers or starts a thread.
 */
package io.pnet.stack;
