/** What ci/bench makes of JMH's results: ratios that hold on any machine, and what has changed in them. */
package io.pnet.bench.micro;
