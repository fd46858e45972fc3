# SPDX-License-Identifier: Apache-2.0
"""Measures the worker and the limits of its parts; see bench/run."""
