# SPDX-License-Identifier: Apache-2.0
"""A process whose wall clock is moved while it runs, by a small library that is preloaded.

    clock = MovedClock(folder)
    worker = strict.start(clock.env)
    clock.move(2700)                      # of the worker only; strict.fake.clock(offset_s=2700) moves AWS's
"""
import struct
import subprocess

SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile long *moved;

__attribute__((constructor)) static void begin(void)
{
    int fd = open(getenv("MOVED_CLOCK"), O_RDONLY | O_CLOEXEC);
    moved = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, fd, 0);
    if (fd < 0 || moved == MAP_FAILED) {
        abort();
    }
    close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int result = (int)syscall(SYS_clock_gettime, id, t);
    if (result == 0 && id == CLOCK_REALTIME && moved != NULL) {
        t->tv_sec += *moved;
    }
    return result;
}
"""


class MovedClock:
    def __init__(self, folder):
        self.file, library = folder / "moved-clock", folder / "moved-clock.so"
        self.move(0)
        source = folder / "moved-clock.c"
        source.write_text(SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
        self.env = {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(self.file)}

    def move(self, seconds):
        with open(self.file, "r+b" if self.file.exists() else "wb") as out:
            out.write(struct.pack("=q", seconds))
