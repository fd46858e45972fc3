# SPDX-License-Identifier: Apache-2.0
"""Wrappers around wrappers, and lists in lists (event/unwrapper.h)."""
import json

from . import many

RECORD = '{"user":"a"}'


def a_list_of_records(size):
    return many(RECORD, size, '{"Records":[', "]}")


def a_list_of_records_that_are_none_but_the_last(size):
    return many('{"a":1}', size, '{"Records":[', "," + RECORD + "]}")


def a_list_of_objects_that_are_none(size):
    return many('{"a":1}', size, '{"Records":[', "]}")


def lists_in_a_list(size):
    return many('{"events":[' + RECORD + "]}", size, '{"Records":[', "]}")


def texts_in_a_list(size):
    return many('{"message":' + json.dumps(RECORD) + "}", size, '{"Records":[', "]}")


def texts_of_lists_in_a_list(size):
    return many('{"message":' + json.dumps('{"events":[' + RECORD + "]}") + "}", size, '{"Records":[', "]}")


def four_texts_in_each_record_of_a_list(size):
    texts = ",".join(f'"{name}":' + json.dumps('{"user":"' + name + '"}') for name in ("message", "log", "body"))
    return many("{" + texts + "}", size, '{"Records":[', "]}")


def one_text_in_texts(size):
    text = many('"a%d":1', int(size / 1.35), "{", ',"user":"a"}')
    for _ in range(3):
        text = '{"log":' + json.dumps(text) + "}"
    return text if len(text) <= 1.1 * size else _cut(size)


def _cut(size):
    text = many('"a%d":1', int(size / 4.2), "{", ',"user":"a"}')
    for _ in range(3):
        text = '{"log":' + json.dumps(text) + "}"
    return text + " " * max(0, int(size * 0.95) - len(text))


def log_events(size):
    return many('{"id":"1","timestamp":1778538000000,"message":' + json.dumps(RECORD) + "}", size,
                '{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s","logEvents":[', "]}")


def events_of_a_collector(size):
    return many('{"sourcetype":"x","event":' + RECORD + "}", size, "", "", between="")
