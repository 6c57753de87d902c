"""Shell completion for bash, zsh and fish, based on click, with fixes for words it would break.

Settings contain ``=``, where bash ends a word, and no space may follow it. Paths contain
characters that a shell must quote.
"""

import os
import re
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    shell_complete,
)

from nncli.base.words import is_printable

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

_BREAKS = re.compile("[=:]+")  # separate words in bash

_BASH = r"""%(complete_func)s() {
    local response type value
    response=$(IFS=$'\n'; env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
        %(complete_var)s=bash_complete "${1/#\~\//$HOME/}" 2>/dev/null </dev/null)
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            path) compopt -o filenames; COMPREPLY+=("$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
        [[ $value == *= ]] && compopt -o nospace
    done <<< "$response"
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

# In --option=value the value is completed, and ~/ must not be quoted.
_ZSH = r"""#compdef %(prog_name)s
%(complete_func)s() {
    local -a response plain described settings paths folders
    local type value help tilde
    response=("${(@f)$(env COMP_WORDS="${(pj:\n:)words}" COMP_CWORD=$((CURRENT - 1)) \
        %(complete_var)s=zsh_complete "${${(Q)words[1]}/#\~\//$HOME/}" 2>/dev/null </dev/null)}")
    compset -P '--[a-z-]#='
    [[ $PREFIX == \~*/* ]] && tilde=${PREFIX%%%%/*}/
    for type value help in $response; do
        case $type:$value in
            dir:*) _path_files -/ ;;
            file:*) _path_files -f ;;
            path:*/) folders+=("${value#"$tilde"}") ;;
            path:*) paths+=("${value#"$tilde"}") ;;
            *=) settings+=("$value:$help") ;;
            *) [[ $help == _ ]] && plain+=("$value") || described+=("$value:$help") ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#settings )) && _describe -V unsorted settings -U -S ''
    (( $#plain )) && compadd -U -P "$IPREFIX" -S ' ' -V unsorted -a plain
    (( $#paths )) && compadd -U -P "$IPREFIX$tilde" -f -S ' ' -V unsorted -a paths
    (( $#folders )) && compadd -U -P "$IPREFIX$tilde" -f -S '' -V unsorted -a folders
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = r"""function %(complete_func)s
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l response (env COMP_WORDS=(string join \n -- $words | string collect) \
        COMP_CWORD=(commandline -ct) %(complete_var)s=fish_complete $program 2>/dev/null </dev/null)
    for line in $response
        set -l item (string split -m 1 , -- $line)
        switch $item[1]
            case dir
                __fish_complete_directories $item[2]
            case file
                __fish_complete_path $item[2]
            case '*'
                echo $item[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""


def answer(program: "click.Command", variable: str) -> int:
    """Print a shell's completion script, or completions; return the exit code.

    Parameters
    ----------
    variable : str
        Environment variable with the request, such as ``bash_source``.
    """
    for each in (Bash, Zsh, Fish):
        add_completion_class(each)
    with suppress(Exception):  # the user is typing a line, where no error may appear
        return shell_complete(program, {}, "nncli", variable, os.environ[variable])
    return 1


class Printed(ShellComplete):
    """Completion of printable words only: the shell's script reads lines."""

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        """Return the printable completions of the incomplete word."""
        found = super().get_completions(args, incomplete)
        return [item for item in found if is_printable(item.value)]


class Bash(Printed, BashComplete):
    """Completion for bash, which splits ``key=value`` into three words and replaces the last."""

    source_template = _BASH
    kept = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor and the word at it, joined again."""
        words: list[str] = []
        before = ""
        for raw in (typed := _typed_words()):
            is_inside = _BREAKS.fullmatch(raw) or (raw and _BREAKS.fullmatch(before))
            if words and is_inside:
                words[-1] += _unquoted(raw)
            else:
                words.append(_unquoted(raw))
            before = raw
        replaced = "" if _BREAKS.fullmatch(typed[-1]) else _unquoted(typed[-1])
        self.kept = words[-1].removesuffix(replaced)
        return [_expanded(word) for word in words[1:-1]], words[-1]

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return a line for the script; bash itself adds the slash of a folder."""
        value = item.value.removesuffix("/") if item.is_path else item.value
        return f"{_kind(item)},{value.removeprefix(self.kept)}"


class Zsh(Printed, ZshComplete):
    """Completion for zsh, which replaces the whole word."""

    source_template = _ZSH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the word at it."""
        words = [_unquoted(raw) for raw in _typed_words()]
        return [_expanded(word) for word in words[1:-1]], words[-1]

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return three lines for the script; a colon would end a value that has a help text."""
        value = item.value.replace(":", r"\:") if item.help else item.value
        return f"{_kind(item)}\n{value}\n{item.help or '_'}"


class Fish(Printed, FishComplete):
    """Completion for fish, where completions start with the typed word."""

    source_template = _FISH
    option = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the word at it."""
        words = os.environ["COMP_WORDS"].split("\n")
        incomplete = _unquoted(os.environ.get("COMP_CWORD", ""))
        option, equals, _ = incomplete.partition("=")
        self.option = option + equals if equals and option.startswith("-") else ""
        return [_expanded(word) for word in words[1:]], incomplete

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return a line for the script."""
        return f"{item.type},{self.option}{item.value}" + (f"\t{item.help}" if item.help else "")


def _typed_words() -> list[str]:
    """Return the words up to the cursor as typed."""
    return os.environ["COMP_WORDS"].split("\n")[: int(os.environ["COMP_CWORD"]) + 1]


def _unquoted(word: str) -> str:
    """Return a word as the program would receive it; its closing quote may be missing."""
    lexer = shlex.shlex(word, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return lexer.get_token() or ""
    except ValueError:
        return lexer.token


def _expanded(word: str) -> str:
    return os.path.expanduser(word)  # noqa: PTH111 - leaves an unknown ~user as it is


def _kind(item: "CompletionItem[str]") -> str:
    return "path" if item.is_path else item.type
