# SPDX-License-Identifier: Apache-2.0
"""docs/aws.md as a program: its shell blocks, and the files that they write.

Its policies are those of etc/aws/, with ${NAME} in place of values.
"""
import re
import string

from .places import ROOT

PAGE = ROOT / "docs/aws.md"
POLICIES = ROOT / "etc/aws"


def script():
    """The blocks ```sh of the page, in order."""
    return "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.M | re.S))


def assigned(text, **values):
    """The script with NAME=... of the page set to other values."""
    for name, value in values.items():
        text, count = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.M)
        assert count == 1, f"{name} is assigned {count} times"
    return text


def written(text):
    """{file name: content} of the here-documents."""
    return dict(re.findall(r"^cat > (\S+) <<END\n(.*?)^END$", text, re.M | re.S))


def policy(name, **values):
    """A file of etc/aws/ with its values replaced; a missing value is a KeyError."""
    return string.Template((POLICIES / name).read_text()).substitute(values)
