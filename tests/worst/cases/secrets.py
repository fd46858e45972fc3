# SPDX-License-Identifier: Apache-2.0
"""Texts that repeatedly resemble secrets (codec/secret.h, event/record/redactor.h)."""
from . import HEAD, in_a_text, many

SETTINGS = 'redact = "secrets";'


def what_is_redacted_already(size):
    return in_a_text("token=[REDACTED]", size)


def what_is_redacted_already_and_ends_nowhere(size):
    return in_a_text("token=[REDACTED]x", size)


def the_word_bearer(size):
    return in_a_text("bearer", size)


def the_word_bearer_and_a_blank(size):
    return in_a_text("bearer ", size)


def a_label(size):
    return in_a_text("token=", size)


def a_label_and_closing_signs(size):
    return in_a_text("token=}", size)


def a_label_and_a_plain_word(size):
    return in_a_text("token:null ", size)


def a_label_and_an_open_quote(size):
    return in_a_text("token='\"", size)


def a_label_and_blanks(size):
    return in_a_text("secret    ", size)


def labels_and_schemes(size):
    return in_a_text("token:token ", size)


def labels_in_letters_of_all_cases(size):
    return in_a_text("p_A-s.S_w-O.r_", size)


def an_option_without_a_value(size):
    return in_a_text("--password -", size)


def a_long_option(size):
    return in_a_text("-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaatoken", size)


def pairs_without_a_value(size):
    return in_a_text('"token","value" ', size)


def heads_of_keys(size):
    return in_a_text("sk-ant-sk-proj-sk-", size)


def heads_of_keys_behind_escapes(size):
    return in_a_text("\\nsk-ant-", size)


def heads_of_web_tokens(size):
    return in_a_text("eyJaaaaaaaaa.", size)


def heads_of_web_tokens_behind_escapes(size):
    return in_a_text("\\neyJaaaaaaaaa.b ", size)


def heads_of_private_keys(size):
    return in_a_text("-----BEGIN A ", size)


def schemes_of_urls(size):
    return in_a_text("a://", size)


def urls_with_users(size):
    return in_a_text("a://b@", size)


def cookies_without_a_sign(size):
    return in_a_text("cookie: a", size)


def entries_of_a_netrc(size):
    return in_a_text("machine a login b account c login d ", size)


def entries_of_a_netrc_without_end(size):
    return in_a_text("machine/", size, before="machine ")


def clients(size):
    return in_a_text("curl mysql ", size)


def clients_with_options(size):
    return in_a_text("-u a ", size, before="curl ")


def clients_with_open_quotes(size):
    return in_a_text("-u '", size, before="curl ")


def escapes(size):
    return in_a_text("\\u0041", size)


def backslashes(size):
    return in_a_text("\\", size)


def escapes_that_are_none(size):
    return in_a_text("\\u00", size)


def passwords_of_one_letter(size):
    # In a member that is copied only once: two copies of the redacted text exceed the limit of an event.
    return in_a_text("token=x ", size, member="note")


def values_that_may_stand_again(size):
    values = " ".join("token=" + "a" * 255 + letter for letter in "bcdefghi")
    return in_a_text("a", size, before=values)


def values_that_stand_again(size):
    values = " ".join("token=aaaaaaa" + letter for letter in "bcdefghi")
    return in_a_text("aaaaaaab ", size, before=values)


def a_sample_in_sixteen_rejects(size):
    """Each has the beginning of the line, for which all of it is searched."""
    return "{} " * 16 + values_that_stand_again(size - 48)


def members_of_that_name(size):
    return many('{"password":"x","token":12345678,"a":"x"}', size, HEAD + '"list":[', "]}")


def names_that_are_secrets(size):
    return many('"https://u:p%d@h":1', size, HEAD + '"names":{', "}}")


def names_that_become_one_another(size):
    return many('"https://u:p%d@h":1,"https://u:[REDACTED]@h %d":1', size, HEAD + '"names":{', "}}")


def pairs_of_that_name(size):
    return many('{"name":"token","value":{"a":["x"]}}', size, HEAD + '"list":[', "]}")


def lists_of_arguments(size):
    return many('"--token","x","-p"', size, HEAD + '"list":["mysql",', "]}")


def lists_under_that_name(size):
    return many('"x",100,[]', size, HEAD + '"password":[', "]}")


def objects_in_objects(size):
    depth = 200
    return many('{"name":"a"}', size, HEAD + '"a":' + '{"name":"b","v":' * depth + "[", "]" + "}" * depth + "}")
