# SPDX-License-Identifier: Apache-2.0
"""Values over several lines in a file of lines (codec/framing_open.c)."""
LINES = True


def _held_back(blank, size, before="", after=""):
    """A torn record, a line that has only a value, and blank lines before what tells whether it is a part of the first."""
    value = '{"user":"i","p":"' + "x" * (size // 2) + '"}' + after
    return '{"l":' + before + "\n" + value + "\n" + blank * (size // 2 // len(blank.encode())) + ',"x":1}'


def blank_lines_after_a_value_that_is_held_back(size):
    return _held_back("\n", size)


def lines_of_blanks(size):
    return _held_back(" \n", size)


def lines_of_nuls(size):
    return _held_back("\0\n", size)


def lines_of_byte_order_marks(size):
    return _held_back("\ufeff\ufeff\n", size)


def lines_of_a_blank_and_a_byte_order_mark(size):
    return _held_back(" \ufeff\n", size)


def blank_lines_after_an_element(size):
    return _held_back("\n", size, before="[", after=",")


def torn_records(size):
    """Each leaves its brackets open."""
    return '{"user":"a",\n' * (size // 13) + "{}"


def torn_records_with_a_value_after_each(size):
    return '{"k":\n{"user":"a"}\n' * (size // 19) + "{}"
