/** Completion for three shells, from the command table alone. Words after the command are files, or what the command lists. */
import { COMMANDS } from './command-table.ts';

const PLAN_WORDS = ['check', 'show', 'forecast', 'add', 'edit', 'rm', 'schema'];
const SHELLS = ['bash', 'zsh', 'fish'];
const TOPICS = ['exit-codes', 'environment', 'plan', 'json', 'states'];
const OPTIONS = [
  '--json',
  '--plan',
  '--quiet',
  '--verbose',
  '--yes',
  '--no-input',
  '--color',
  '--no-progress',
  '--help',
  '--version',
];

export type Shell = 'bash' | 'zsh' | 'fish';

export function completionScript(shell: Shell): string {
  const makers = { bash: bashScript, zsh: zshScript, fish: fishScript };
  return makers[shell]();
}

function bashScript(): string {
  const names = COMMANDS.map((command) => command.name).join(' ');
  return `_copse() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      -C | --plan | --color) ((i++)) ;;
      -*) ;;
      *) command="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "${OPTIONS.join(' ')}" -- "$word"))
    return
  fi
  case "$command" in
    "") COMPREPLY=($(compgen -W "${names}" -- "$word")) ;;
    plan) COMPREPLY=($(compgen -W "${PLAN_WORDS.join(' ')}" -- "$word")) ;;
    completion) COMPREPLY=($(compgen -W "${SHELLS.join(' ')}" -- "$word")) ;;
    help) COMPREPLY=($(compgen -W "${TOPICS.join(' ')} ${names}" -- "$word")) ;;
    merge) COMPREPLY=($(compgen -W "$(git branch --format='%(refname:short)' 2>/dev/null)" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _copse copse
`;
}

function zshScript(): string {
  const rows = COMMANDS.map((command) => `    '${command.name}:${escaped(command.summary)}'`).join('\n');
  return `#compdef copse
_copse() {
  local -a commands
  commands=(
${rows}
  )
  _arguments -C '-C[as if started there]:folder:_files -/' '--plan[plan file]:file:_files' ${OPTIONS.filter(
    (option) => option !== '--plan',
  )
    .map((option) => `'${option}'`)
    .join(' ')} '1: :->command' '*::arg:->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
        plan) _values subcommand ${PLAN_WORDS.join(' ')} ;;
        completion) _values shell ${SHELLS.join(' ')} ;;
        help) _values topic ${TOPICS.join(' ')} ;;
        merge) compadd -- \${(f)"$(git branch --format='%(refname:short)' 2>/dev/null)"} ;;
        *) _files ;;
      esac ;;
  esac
}
compdef _copse copse
`;
}

function fishScript(): string {
  const none = '__fish_use_subcommand';
  const commands = COMMANDS.map(
    (command) => `complete -c copse -n ${none} -f -a ${command.name} -d '${escaped(command.summary)}'`,
  );
  const words = (command: string, list: readonly string[]): string =>
    `complete -c copse -n '__fish_seen_subcommand_from ${command}' -f -a '${list.join(' ')}'`;
  return `${[
    ...commands,
    words('plan', PLAN_WORDS),
    words('completion', SHELLS),
    words('help', TOPICS),
    `complete -c copse -n '__fish_seen_subcommand_from merge' -f -a "(git branch --format='%(refname:short)' 2>/dev/null)"`,
    ...OPTIONS.map((option) => `complete -c copse -l ${option.slice(2)}`),
  ].join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("'", '').replaceAll(':', ' -');
}
