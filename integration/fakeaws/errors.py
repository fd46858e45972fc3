# SPDX-License-Identifier: Apache-2.0
"""An error response; each service writes it in its own protocol."""

import re
from xml.sax.saxutils import escape

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f]")


class AwsError(Exception):
    """code, HTTP status, text. `extra` become elements (S3) or members, `headers` become headers."""

    def __init__(self, code, status, message, extra=None, headers=None):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
        self.message = message
        self.extra = extra or {}
        self.headers = headers or {}


def xml_elements(fields):
    """<Name>text</Name> for each; characters that XML does not allow become references."""
    return "".join(f"<{name}>{xml_text(value)}</{name}>" for name, value in fields.items())


def xml_text(value):
    text = escape(str(value), {'"': "&quot;"})
    return _CONTROL.sub(lambda match: f"&#x{ord(match[0]):x};", text)
