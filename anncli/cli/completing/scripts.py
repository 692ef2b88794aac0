"""The completion scripts of shells, which ask `ann` itself how a line may go on (see answer.py)."""

from __future__ import annotations

SHELLS = ("bash", "zsh", "fish")

_BASH = r"""# Completion of `ann` in bash.
# To install it, write this line into ~/.bashrc:
#   eval "$(ann completion bash)"
# or, with the package bash-completion:
#   ann completion bash > ~/.local/share/bash-completion/completions/ann

_ann_completion() {
    local lines program="${1/#\~/$HOME}"
    mapfile -t lines < <(
        _ANN_LINE="${COMP_LINE:0:COMP_POINT}" _ANN_BREAKS="$COMP_WORDBREAKS" _ANN_COMPLETE=bash_complete \
            "$program" 2>/dev/null
    )
    COMPREPLY=("${lines[@]:1}")
    case ${lines[0]-} in
        own) compopt -o default ;;
        files) compopt -o filenames ;;
        plain-open) compopt -o nospace ;;
    esac
}

complete -o nosort -F _ann_completion ann
"""

_ZSH = r"""#compdef ann
# Completion of `ann` in zsh.
# To install it, write this line into ~/.zshrc:
#   eval "$(ann completion zsh)"
# or write it as _ann into a folder of $fpath:
#   ann completion zsh > ~/.zfunc/_ann

_ann() {
    local -a lines words_open texts_open words_whole texts_whole
    local line word text
    lines=("${(@f)$(_ANN_LINE="${(j: :)words[1,CURRENT-1]} $QIPREFIX$IPREFIX$PREFIX" _ANN_COMPLETE=zsh_complete \
        ${words[1]/#\~/$HOME} 2>/dev/null)}")
    if [[ $lines[1] == own* ]]; then
        local endings="${${lines[1]#own}# }"
        [[ $IPREFIX$PREFIX == --*=* ]] && compset -P '*='
        if [[ -n $endings ]]; then
            _files -g "*.(${endings// /|})"
        else
            _files
        fi
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        word=${line%%$'\t'*} text=
        [[ $line == *$'\t'* ]] && text="  ${line#*$'\t'}"
        if [[ $word == *[=/:] ]]; then
            words_open+=("$word") texts_open+=("$word$text")
        else
            words_whole+=("$word") texts_whole+=("$word$text")
        fi
    done
    (( $#words_whole )) && compadd -U -V ann -l -d texts_whole -a words_whole
    (( $#words_open )) && compadd -U -V ann -l -S '' -d texts_open -a words_open
    return 0
}

if [[ $funcstack[1] == _ann ]]; then
    _ann "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _ann ann
fi
"""

_FISH = r"""# Completion of `ann` in fish.
# To install it:
#   ann completion fish > ~/.config/fish/completions/ann.fish

function _ann_completion
    set -l program (commandline -opc)[1]
    set -l lines (env _ANN_LINE=(commandline -cp | string collect) _ANN_COMPLETE=fish_complete \
        (string replace -r '^~' $HOME -- $program) 2>/dev/null)
    if test "$lines[1]" = own
        __fish_complete_path (commandline -ct)
    else
        set -e lines[1]
        string join -- \n $lines
    end
end

complete -c ann -f -k -a '(_ann_completion)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str) -> str:
    """The script of one of SHELLS, with how to install it in its first lines."""
    return _SCRIPTS[shell]
