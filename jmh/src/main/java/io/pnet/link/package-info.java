/** Microbenchmarks of what links keep to themselves. */
package io.pnet.link;
