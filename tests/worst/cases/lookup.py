# SPDX-License-Identifier: Apache-2.0
"""Records with many look-ups, found and not found (event/map)."""
import json

from . import HEAD, many


def numbered_messages_beside_other_members(size):
    messages = ",".join(f'"gen_ai.prompt.{i}.content":"x","gen_ai.completion.{i}.content":"x"' for i in range(256))
    return many('"a%d":1', size, '{"time":1778538000,"attributes":{' + messages + ",", "}}")


def numbered_messages_in_objects(size):
    return many('"%d":{"content":"x","role":"user"}', size, '{"time":1778538000,"gen_ai.prompt.0.content":"x","gen_ai":{"prompt":{', "}}}")


def prefixes_of_numbered_messages(size):
    return many('"gen_ai.prompt.%d":{"x":1}', size, '{"time":1778538000,"gen_ai.prompt.0.content":"x",', "}")


def members_of_a_record(size):
    return many('"a%d":1', size, HEAD, "}")


def members_in_attributes(size):
    return many('"a%d":1', size, HEAD + '"attributes":{', "}}")


def names_alike(size):
    return many('"U-s_e%d-r":1', size, HEAD, "}")


def a_long_command(size):
    return many('"a"', size, HEAD + '"command":[', "]}")


def texts_in_messages(size):
    return many('{"content":[{"text":""}]}', size, HEAD + '"gen_ai.input.messages":[', "]}")


def texts_that_are_json(size):
    return HEAD + '"tool_input":' + json.dumps(many('"a%d":1', int(size / 1.2), "{", "}")) + "}"
