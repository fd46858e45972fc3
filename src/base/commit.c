/* SPDX-License-Identifier: Apache-2.0 */
/* In a file of its own: another commit compiles this file alone. */
#include "base/commit.h"

const char ingest_commit[] = INGEST_COMMIT;
