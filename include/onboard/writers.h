/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writers.h - writes documents of onboard/tree.h in other formats. Each writer escapes all texts of
 * its format itself, so a value cannot end a string, run a command or begin another block.
 *
 *     hcl_write(blocks, &out);          // Terraform
 *     shell_write(commands, &out);      // a script for bash
 *     letter_write(text, &how, &out);   // a letter, in Markdown or as plain text
 *
 * Threads: no state.
 */
#ifndef ONBOARD_WRITERS_H
#define ONBOARD_WRITERS_H

#include "onboard/tree.h"

/*
 * HCL (the syntax of HashiCorp's native language, specification of hcl version 2) from a list of
 *
 *     {"block": ["resource", "aws_iam_role", "read"], "body": {"name": "...", ...}}
 *
 * In a body {"$ref": "aws_iam_role.read.id"} is an expression, which is written as it is and so
 * may not have a value of a customer, and {"$json": document} becomes jsonencode(document).
 */
void hcl_write(struct json_object *blocks, struct buf *out);

/* Append a text in HCL's quotes. */
void hcl_quote(struct buf *out, struct span text);

/*
 * A script that stops at the first error, from a list of
 *
 *     {"text": "what it does", "run": ["aws", "iam", ...], "to": "file for its output"}
 *
 * of which text and to may be absent. It runs in its own folder.
 */
void shell_write(struct json_object *commands, struct buf *out);

/* Append a text as one word of a POSIX shell. It has no NUL. */
void shell_quote(struct buf *out, struct span text);

/*
 * A letter from a text with ${NAME}. Lines that begin with '%':
 *
 *     %if CONDITION ... %end       as "$if" in onboard/tree.h; not nested
 *     %show NAME                   the document of that name, as a block
 *
 * Markdown: a value becomes a code span, a document a code block. Plain text: values and documents
 * as they are, headings ("# ...") underlined.
 */
struct letter_style {
    const struct tree_value *values;
    bool markdown;
};
void letter_write(const char *text, const struct letter_style *how, struct buf *out);

/* Append a text as a code span of Markdown (CommonMark 6.1), on one line. */
void markdown_code(struct buf *out, struct span text);

#endif
