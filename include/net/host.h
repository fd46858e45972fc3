/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - whether a request is meant for this listener, by its header Host.
 *
 * A page of the Internet can let its own name resolve to 127.0.0.1 (DNS rebinding), and a browser
 * then lets it read the listener's answers. The browser sends the page's name in Host: a name that
 * is not one of the listener's is refused. A page cannot have an address as its name.
 *
 *     host_is_ours(SPAN("localhost:9464"), "node-7", NULL)        true
 *     host_is_ours(SPAN("attacker.example:9464"), "node-7", NULL) false
 *
 * Threads: any.
 */
#ifndef NET_HOST_H
#define NET_HOST_H

#include "base/span.h"

/*
 * host: the value of the header, with or without a port; empty (HTTP/1.0, no browser) is ours.
 * Ours are addresses, "localhost", the machine's name, and `names` (NULL-terminated; NULL: none).
 * Case and a dot at the end do not matter.
 */
MUST_USE bool host_is_ours(struct span host, const char *machine, const char *const *names);

#endif
