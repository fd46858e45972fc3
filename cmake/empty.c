/* SPDX-License-Identifier: Apache-2.0 */
typedef int room_may_be_empty; /* ISO C forbids an empty translation unit */
