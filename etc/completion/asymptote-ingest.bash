# SPDX-License-Identifier: Apache-2.0
# Completion for bash: commands and options as --help has them, and files. With the package
# bash-completion it is loaded at the first <Tab>; else: . asymptote-ingest.bash

_asymptote_ingest() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} words
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        words=$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words --help --version" -- "$current")
        return
    fi
    if [[ $current == -* ]]; then
        words=$("$program" "$command" --help 2>/dev/null | grep -oE '^ {2,6}(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        return
    fi
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    # The customers of the usual configuration are operands of some commands.
    if [[ $before != -* && $command != normalize && $command != sample ]]; then
        words=$(cd /etc/asymptote-ingest/customers.d 2>/dev/null && printf '%s\n' *.conf | sed -n 's/\.conf$//p')
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "${words//\*/}" -- "$current")
    fi
}

complete -F _asymptote_ingest asymptote-ingest
