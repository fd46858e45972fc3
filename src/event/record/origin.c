/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/origin.h"

const char *reject_reason_name(enum reject_reason r)
{
    static const char *const names[REJECT_REASONS] = {
        [REJECT_BAD_JSON] = "bad_json",
        [REJECT_NOT_AN_EVENT] = "not_an_event",
        [REJECT_NO_KNOWN_FIELD] = "no_known_field",
        [REJECT_WRAPPED_TEXT] = "wrapped_text",
        [REJECT_LINE_TOO_LONG] = "line_too_long",
        [REJECT_EVENT_TOO_LARGE] = "event_too_large",
        [REJECT_TRUNCATED_OBJECT] = "truncated_object",
        [REJECT_BOMB] = "bomb",
        [REJECT_OBJECT] = "object",
        [REJECT_NOT_OURS] = "not_ours",
    };
    return names[r];
}
