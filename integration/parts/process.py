# SPDX-License-Identifier: Apache-2.0
"""A child process with a log file. It does not outlive this process unless that is requested."""
import ctypes
import os
import pathlib
import signal
import subprocess

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def clean_env(**more):
    """The environment of a child, without the caller's AWS and proxy settings."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "JAVA_HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS")
    return {**{k: os.environ[k] for k in keep if k in os.environ}, **more}


class Process:
    """Started by the constructor. stop() is idempotent; `with` stops."""

    def __init__(self, name, argv, log, env=None, cwd=None, keep=False, stdout=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log = pathlib.Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(
                [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=out,
                env=clean_env() if env is None else env, cwd=cwd,
                start_new_session=True,  # Ctrl-C is for this process, which then stops the child in order
                preexec_fn=None if keep else die_with_parent)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def check(self):
        if not self.running():
            raise RuntimeError(f"{self.name} ended with status {self.popen.returncode}:\n{self.tail()}")

    def tail(self, lines=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def wait(self, seconds):
        return self.popen.wait(seconds)

    def stop(self, seconds=20):
        """SIGTERM, and SIGKILL after `seconds`. Returns the exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.popen.returncode

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait()

    def peak_rss(self):
        """VmHWM in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"{self.name}: no VmHWM")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
