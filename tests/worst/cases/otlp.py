# SPDX-License-Identifier: Apache-2.0
"""OTLP requests that repeat long values in each record (event/record/otlp.h)."""
from . import many


def _resource(attributes, size):
    """Half of the line is the resource."""
    return many(attributes, size // 2, '{"resourceLogs":[{"resource":{"attributes":[', ']},"scopeLogs":[')


def _logs(attributes, size):
    return many('{"a":1}', size, _resource(attributes, size) + '{"logRecords":[', "]}]}]}")


def attributes_that_are_none(size):
    return _logs("0", size)


def attributes_without_a_key(size):
    return _logs('{"value":{"arrayValue":{"values":[{},{}]}}}', size)


def attributes_that_are_none_in_scopes_of_one_record(size):
    return many('{"logRecords":[{"a":1}]}', size, _resource("0", size), "]}]}")


def attributes_of_use(size):
    return _logs('{"key":"k%d","value":{"stringValue":"v"}}', size)


def empty_records(size):
    return many("{}", size, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[', "]}]}]}")


def smallest_records(size):
    return many('{"a":1}', size, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[', "]}]}]}")


def members_of_a_scope(size):
    return many('"a%d":[1]', size, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"a":1}],', "}]}]}")


def scopes_without_a_list(size):
    return many('{"a":[1]}', size, '{"resourceLogs":[{"scopeLogs":[', "]}]}")


def lists_of_each_spelling(size):
    return many('{"logs":[1],"spans":[{"a":1}]}', size, '{"resourceLogs":[{"scopeLogs":[', "]}]}")


def records_without_content(size):
    return many('{"a":[{},[],null]}', size, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[', "]}]}]}")


def integers_of_many_digits(size):
    return many("1234567890123456789%d", size, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"a":[', "]}]}]}]}")


def records_of_one_attribute(size):
    return many('{"attributes":[{"key":"a","value":{"stringValue":"b"}}]}', size,
                '{"resourceLogs":[{"scopeLogs":[{"logRecords":[', "]}]}]}")


def data_points_of_one_large_metric(size):
    half = size // 2
    name = many("name%d", half, '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"', '","gauge":{"dataPoints":[', " ")
    return many('{"asInt":"1"}', size, name, "]}}]}]}]}")


def members_of_a_metric(size):
    half = size // 2
    metric = many('"a%d":1', half, '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{', ',"gauge":{"dataPoints":[')
    return many('{"asInt":"1"}', size, metric, "]}}]}]}]}")


def members_of_a_record(size):
    return many('"a%d":1', size, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[],', "}]}]}]}")


def lists_in_lists(size):
    depth = 60
    value = '{"arrayValue":{"values":[' * depth
    return many('{"stringValue":"x"}', size, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + value,
                "]}}" * depth + "}]}]}]}")
