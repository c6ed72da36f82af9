/** The environment and the flags of every git process: nothing of the caller's git configuration, no prompts, no code of others. */

/** Settings that win over any repository's configuration. `safe.directory=*`: the places are chosen by us, never discovered. */
const FLAGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.pager=cat',
  'core.protectNTFS=true',
  'core.protectHFS=true',
  'core.packedRefsTimeout=5000',
  'core.filesRefLockTimeout=2000',
  'core.alternateRefsCommand=true',
  'core.untrackedCache=false',
  'core.quotePath=false',
  'commit.gpgSign=false',
  'diff.external=',
  'fetch.recurseSubmodules=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.allow=never',
  'protocol.file.allow=always',
  'safe.bareRepository=explicit',
  'safe.directory=*',
  'submodule.recurse=false',
  'transfer.fsckObjects=true',
];

export const SAFE_FLAGS: readonly string[] = FLAGS.flatMap((flag) => ['-c', flag]);

/** `path` is the caller's PATH; `home` an empty folder of ours. */
export function composeEnvironment(options: {
  readonly path: string;
  readonly home: string;
  readonly tmp: string;
}): Readonly<Record<string, string>> {
  return {
    PATH: options.path,
    HOME: options.home,
    XDG_CONFIG_HOME: options.home,
    TMPDIR: options.tmp,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    SSH_ASKPASS: 'false',
    GIT_EDITOR: 'true',
    GIT_SEQUENCE_EDITOR: 'true',
    GIT_PAGER: 'cat',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'file',
    GIT_LITERAL_PATHSPECS: '1',
  };
}

/** What the user's own git would reach a remote with. */
const NETWORK_VARIABLES = [
  'SSH_AUTH_SOCK',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSL_CAINFO',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'no_proxy',
  'NO_PROXY',
  'DBUS_SESSION_BUS_ADDRESS',
  'GNUPGHOME',
] as const;

/** On top of the usual environment: credentials and proxies, and the transports of git alone. */
export function remoteEnvironment(): Record<string, string> {
  const env: Record<string, string> = {
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
    GIT_CONFIG_NOSYSTEM: process.env['GIT_CONFIG_NOSYSTEM'] ?? '0',
  };
  for (const name of NETWORK_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

type UserVariable =
  | 'PATH'
  | 'HOME'
  | 'XDG_CONFIG_HOME'
  | 'GIT_CONFIG_GLOBAL'
  | 'GIT_CONFIG_NOSYSTEM'
  | 'GIT_COMMITTER_NAME'
  | 'GIT_COMMITTER_EMAIL';

/** A variable of the user's environment; empty when it is not set. The few that git's own environment is made of. */
export function userVariable(name: UserVariable): string {
  return process.env[name] ?? '';
}

/** The same, telling a variable that is not set from an empty one. */
export function userVariableIfSet(name: UserVariable): string | undefined {
  return process.env[name];
}
