#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that each file includes only what tests/layers.txt allows for its room.
#
# A room is a folder of src/ and of include/: "event/map". A header is named with its room,
# "event/map/draft.h". A private one, "draft_priv.h", is in the folder of the sources that
# include it. Files do not include one another in a cycle, except for tests/cycles.txt.
set -eu
exec python3 tests/layers.py
