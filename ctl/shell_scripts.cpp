#include "ctl/shell_scripts.hpp"

namespace gv::ctl {
namespace {

// Bash puts into the line, instead of the word's part behind the last word break, what it is given.
constexpr std::string_view bash = R"(# bash completion for gemini-voicectl

_gemini_voicectl() {
  local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} word cut offered
  local -a words
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=('')
  word=${words[-1]}
  cut=
  case $word in
    *[=:]*) [[ $COMP_WORDBREAKS != *[=:]* ]] || cut=${word%"${word##*[=:]}"} ;;
  esac
  COMPREPLY=()
  while IFS= read -r offered; do
    case $offered in
      $'\tfile') compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "${word#"$cut"}") ;;
      $'\tfolder') compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "${word#"$cut"}") ;;
      *)
        offered=${offered%%$'\t'*}
        printf -v offered %q "${offered#"$cut"}"
        COMPREPLY+=("$offered")
        ;;
    esac
  done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _gemini_voicectl gemini-voicectl
)";

constexpr std::string_view zsh = R"(#compdef gemini-voicectl

_gemini-voicectl() {
  local line word
  local -a described
  for line in "${(@f)$(${(Q)words[1]} complete -- "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    case $line in
      '') ;;
      $'\tfile') _files ;;
      $'\tfolder') _files -/ ;;
      *)
        word=${line%%$'\t'*}
        described+=("${word//:/\\:}${${line#"$word"}/#$'\t'/:}")
        ;;
    esac
  done
  (( ! $#described )) || _describe -V gemini-voicectl described
}

if [[ $funcstack[1] == _gemini-voicectl ]]; then
  _gemini-voicectl "$@"
else
  compdef _gemini-voicectl gemini-voicectl
fi
)";

constexpr std::string_view fish = R"(# fish completion for gemini-voicectl

function __gemini_voicectl_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in (command $words[1] complete -- $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case \tfile
                __fish_complete_path "$word"
            case \tfolder
                __fish_complete_directories "$word"
            case '*'
                echo $line
        end
    end
end
complete -c gemini-voicectl -f -a '(__gemini_voicectl_complete)'
)";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return bash;
  if (shell == "zsh") return zsh;
  return shell == "fish" ? fish : std::string_view();
}

}  // namespace gv::ctl
