# SPDX-License-Identifier: Apache-2.0
"""Commands of the program beside `run`, as a person starts them."""
import json
import pathlib
import subprocess

from .aws import KEYS
from .places import binary
from .process import clean_env
from .worker import config_text


class Command:
    """A finished command: status, stdout, stderr. stdin: a text for its standard input."""

    def __init__(self, folder, name, settings, *arguments, stdin=None, **env):
        folder = pathlib.Path(folder)
        conf = folder / f"{name}.conf"
        conf.write_text(config_text(settings))
        conf.chmod(0o600)
        keys = {k.upper(): v for k, v in KEYS.items()}
        whole = {**clean_env(), "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true", **keys, **env}
        given = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        done = subprocess.run([str(binary()), name, "-c", str(conf), *arguments], **given,
                              capture_output=True, text=True, timeout=120,
                              env={k: v for k, v in whole.items() if v is not None})
        self.status, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr

    @classmethod
    def of(cls, folder, *arguments, env):
        """A command with files that are there already."""
        made = cls.__new__(cls)
        done = subprocess.run([str(binary()), *arguments], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        made.status, made.stdout, made.stderr = done.returncode, done.stdout, done.stderr
        return made

    def json(self):
        """Each line of standard output."""
        return [json.loads(line) for line in self.stdout.splitlines()]
