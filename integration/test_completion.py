# SPDX-License-Identifier: Apache-2.0
"""The completions of bash and zsh (etc/completion/), run by these shells, against the program's tables."""
import os
import re
import subprocess

import pytest

from .parts.places import ROOT, binary
from .parts.process import clean_env
from .parts.terminal import Terminal

FOLDER = ROOT / "etc/completion"
COMMANDS = sorted(re.findall(r'^    \{"([a-z-]+)", app_', (ROOT / "src/app/main.c").read_text(), re.M))

# The function of the file, called as bash calls it: the words of the line, of which the last one is completed.
BASH = """
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_asymptote_ingest
printf '%s\\n' "${COMPREPLY[@]}"
"""

# zsh's own functions only show what they are given: here they print it.
ZSH = """
_describe() { print -rl -- "${(@P)2}" }
_files() { print -r -- files }
file=$1
shift
words=("$@")
CURRENT=$#
complete() { . $file }
complete
"""


def options(command):
    """Those of its manual page, which is made from its table, and --help."""
    page = subprocess.run([binary(), command, "--help=man"], capture_output=True, text=True, check=True).stdout
    lines = [line.replace("\\-", "-") for line in page.split(".SH OPTIONS")[1].splitlines() if line.startswith("\\fB")]
    return sorted({"--help", *(name for line in lines for name in re.findall(r"--[a-z-]+", line))})


def bash(*words, folder):
    done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", FOLDER / "asymptote-ingest.bash", binary(), *words],
                          capture_output=True, text=True, check=True, cwd=folder, env=clean_env())
    assert done.stderr == ""
    return sorted(filter(None, done.stdout.split("\n")))


def zsh(*words, folder):
    done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", FOLDER / "_asymptote-ingest", binary(), *words],
                          capture_output=True, text=True, check=True, cwd=folder, env=clean_env())
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_bash_completes_commands_options_and_files(tmp_path):
    (tmp_path / "my.conf").write_text("")
    assert bash("", folder=tmp_path) == sorted([*COMMANDS, "--help", "--version"])
    assert bash("re", folder=tmp_path) == ["reconcile", "redrive"]
    for command in COMMANDS:
        got = bash(command, "-", folder=tmp_path)
        assert got == options(command), command
    assert bash("status", "--w", folder=tmp_path) == ["--watch", "--worker"]
    assert bash("check-config", "-c", "m", folder=tmp_path) == ["my.conf"]
    assert bash("status", "--nothing", folder=tmp_path) == []


def test_zsh_completes_commands_options_and_files(tmp_path):
    subprocess.run(["zsh", "-n", FOLDER / "_asymptote-ingest"], check=True)
    told = zsh("", folder=tmp_path)
    assert sorted(line.split(":")[0] for line in told) == COMMANDS and all(line.split(":")[1] for line in told)
    for command in COMMANDS:
        told = zsh(command, "-", folder=tmp_path)
        assert sorted(line.split(":")[0] for line in told) == options(command), command
        assert all(":" in line and line.split(":", 1)[1].strip() for line in told), told
    assert zsh("check-config", "", folder=tmp_path) == ["files"]


@pytest.mark.parametrize("shell", ("bash", "zsh"))
def test_a_shell_completes_what_is_typed(shell, tmp_path):
    """The whole way, at a terminal: the shell loads the file, finds the function by the program's name, and completes."""
    (tmp_path / "bin").mkdir()
    os.symlink(binary(), tmp_path / "bin/asymptote-ingest")
    if shell == "bash":
        (tmp_path / "rc").write_text(f". '{FOLDER}/asymptote-ingest.bash'\nPS1='> '\n")
        argv = ["bash", "--noprofile", "--rcfile", str(tmp_path / "rc"), "-i"]
    else:
        (tmp_path / ".zshrc").write_text(f"fpath=('{FOLDER}' $fpath)\nautoload -U compinit\ncompinit -u -D\nPS1='> '\n")
        argv = ["zsh", "-d", "-i"]
    env = {**clean_env(), "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path), "TERM": "dumb", "INPUTRC": "/dev/null",
           "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    terminal = Terminal(argv, env, cwd=tmp_path)
    terminal.shows("> ")
    terminal.type("asymptote-ingest recon\t")
    terminal.shows("reconcile ")
    terminal.type("--enq\t")
    terminal.shows("--enqueue ")
    terminal.type("\x15exit\n")
    terminal.end()
