/* SPDX-License-Identifier: Apache-2.0 */
#include "app/input.h"

#include "app/print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *input_words(int error)
{
    switch (error) {
    case ENOENT:
        return "there is no such file";
    case ENOTDIR:
        return "there is no such file; a part of its path is no directory";
    case EACCES:
    case EPERM:
        return "cannot be read: permission denied; run this as a user who may read it, or change "
               "its mode";
    case EISDIR:
        return "is a directory; name the files in it";
    case EBADF:
        return "cannot be read; standard input is closed: redirect a file to it";
    case EIO:
        return "cannot be read: input/output error; check the disk or the mount, or copy the file";
    case ELOOP:
        return "cannot be read; its symbolic links form a loop";
    case ENXIO:
        return "cannot be read; it is a socket or a device, not a file";
    default:
        return NULL;
    }
}

static void say(const char *path, int error)
{
    const char *words = input_words(error);
    print_line(stderr, "%s: %s%s", path, words != NULL ? "" : "cannot be read: ",
               words != NULL ? words : strerrordesc_np(error));
}

int input_open(const char *path)
{
    struct stat st;
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 || fstat(fd, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (error == 0) {
        return fd;
    }
    say(path, error);
    input_close(fd);
    return -1;
}

void input_close(int fd)
{
    if (fd > STDIN_FILENO) {
        (void)close(fd);
    }
}
