# SPDX-License-Identifier: Apache-2.0
"""A sample counts for the innermost function that has a part."""
from bench import profile

FILES = {"decode_next": "/x/src/codec/decode.c", "json_write_string": "/x/src/event/record/json_write.c", "buf_add": "/x/src/base/buf.c",
         "identity_read": "/x/src/event/record/identity.c", "normalizer_next": "/x/src/event/normalize.c",
         "sink_produce": "/x/src/net/sink.c", "on_body": "/x/src/net/http_arrival.c"}
LIBC, KERNEL = "/usr/lib/libc.so.6", "[kernel.kallsyms]"

SCRIPT = """\
asymptote-inges
\t    7f01 __memcpy_avx (/usr/lib/libc.so.6)
\t    5501 buf_add+0x12 (/x/asymptote-ingest)
\t    5502 json_write_string (/x/asymptote-ingest)
\t    5503 normalizer_next (/x/asymptote-ingest)

rdk:broker1
\tffff01 tcp_sendmsg ([kernel.kallsyms])
\t    7f09 [unknown] (/usr/lib/librdkafka.so.1)
"""


def test_helpers_belong_to_whoever_calls_them():
    (thread, frames), _ = profile.stacks(SCRIPT)
    assert profile.part_of(thread, frames, FILES) == profile.SPLICE
    found, total = profile.shares(SCRIPT, FILES)
    assert total == 2 and found == {profile.SPLICE: 0.5, profile.KERNEL_KAFKA: 0.5}


def test_the_innermost_part_counts():
    frames = [("XXH3", LIBC), ("identity_read", "w"), ("normalizer_next", "w"), ("on_body", "w")]
    assert profile.part_of("asymptote-inges", frames, FILES) == profile.IDENTITY
    assert profile.part_of("asymptote-inges", frames[2:], FILES) == profile.SPLICE


def test_libraries_have_parts_and_threads_of_librdkafka_are_their_own():
    assert profile.part_of("w", [("decode_huffman", "/usr/lib/libisal.so.2")], FILES) == profile.INFLATE
    assert profile.part_of("w", [("x", "/usr/lib/librdkafka.so.1"), ("sink_produce", "w")], FILES) == profile.PRODUCE
    assert profile.part_of("rdk:broker1", [("LZ4", "/usr/lib/liblz4.so.1")], FILES) == profile.KAFKA
    assert profile.part_of("sink", [("x", "/usr/lib/librdkafka.so.1")], FILES) == profile.REPORTS


def test_the_kernel_is_told_by_who_called_it():
    recv = [("tcp_recvmsg", KERNEL), ("recv", LIBC), ("x", "/usr/lib/libcurl.so.4"), ("on_body", "w")]
    assert profile.part_of("w", recv, FILES) == profile.KERNEL_FETCH
    assert profile.part_of("w", [("futex", KERNEL), ("sink_produce", "w")], FILES) == profile.KERNEL_PRODUCE
    assert profile.part_of("w", [("page_fault", KERNEL), ("buf_add", "w")], FILES) == profile.KERNEL_OTHER
