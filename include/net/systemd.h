/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd.h - tells the service manager the state of the process: the protocol of sd_notify(3),
 * for units of Type=notify.
 *
 *     systemd_tell("READY=1\nSTATUS=%zu queues", count);
 *     systemd_tell_reloading(clock_mono_us);
 *     every systemd_watchdog_ms(): if (healthy) systemd_tell("WATCHDOG=1");
 *
 * Without NOTIFY_SOCKET in the environment nothing is sent: the program was not started by such a
 * unit. A manager that does not read is not waited for. Errors are ignored, since nothing can be
 * done about them.
 *
 * Source: sd_notify(3) and sd_watchdog_enabled(3); the protocol is stable, and systemd's manual
 * says that programs may implement it themselves.
 *
 * Threads: any.
 */
#ifndef NET_SYSTEMD_H
#define NET_SYSTEMD_H

#include "base/base.h"

#include <stdint.h>

enum { SYSTEMD_TEXT_MAX_BYTES = 512 }; /* of one call; what is longer is cut */

/* Send assignments "NAME=value", one per line. True: sent. */
bool systemd_tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * RELOADING=1 with the time, which systemd from 253 on wants for Type=notify-reload. Send READY=1
 * at the end of the reload.
 */
bool systemd_tell_reloading(int64_t mono_us);

/*
 * How often WATCHDOG=1 should be sent: half of the time after which the manager ends the process
 * (WatchdogSec=). 0: it has none for this process.
 */
MUST_USE int systemd_watchdog_ms(void);

#endif
