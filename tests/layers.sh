#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each file includes only what tests/layers.txt allows its room to include.
#
# A room is a folder of src/ and of include/: "event/map". A header is named with its room,
# "event/map/draft.h", but for a private one: "draft_priv.h" stands beside the sources that
# include it. Files include one another without a cycle, those of tests/cycles.txt excepted.
set -eu
exec python3 tests/layers.py
