/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix_socket.h - a listening unix socket at a path that only its owner, or the group too, can
 * use.
 *
 *     int fd = unix_socket_listen("/run/asymptote-ingest/control.sock", false, &err);
 *     ...
 *     unix_socket_remove("/run/asymptote-ingest/control.sock");
 *
 * No other user may be able to replace the socket by one of its own. So each folder of the path,
 * and each link in it, belongs to root or to this user. No other user may write to the last
 * folder, nor to one above it, unless that has the sticky bit (as /tmp). A socket of a process
 * that ended is replaced; one that still answers is not, nor is any other file.
 *
 * Threads: any.
 */
#ifndef NET_UNIX_SOCKET_H
#define NET_UNIX_SOCKET_H

#include "base/err.h"

/*
 * Check without a change what unix_socket_listen checks first: the path, its folders, and that no
 * other file is there. FAIL_CONFIG: e says what is wrong for this user on this machine.
 */
MUST_USE enum err_kind unix_socket_check(const char *path, struct err *e);

/* Not blocking. group: mode 0660, else 0600. -1 and FAIL_CONFIG: e says what is wrong. */
MUST_USE int unix_socket_listen(const char *path, bool group, struct err *e);

void unix_socket_remove(const char *path);

/* Whether a path can be one: absolute, and short enough for the system. */
MUST_USE bool unix_socket_path_ok(const char *path);

/* The user at the other end. -1: not known. */
MUST_USE long unix_socket_peer_uid(int fd);

#endif
