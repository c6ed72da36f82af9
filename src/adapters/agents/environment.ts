/** The environment an agent gets: nothing is inherited but a short list, so that no stray secret or git variable leaks. */

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Behind a proxy or a private certificate an agent reaches nothing without the third and fourth row; the fifth says who
 * commits, and GIT_DIR, GIT_INDEX_FILE and their kind must never pass; Windows programs do not start without the last.
 */
const ALLOWED = new Set(
  `PATH HOME USER LOGNAME SHELL TERM COLORTERM TZ TMPDIR LANG LANGUAGE
   XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_RUNTIME_DIR
   HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
   NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR GIT_SSL_CAINFO
   GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
   GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM
   SystemRoot USERPROFILE APPDATA LOCALAPPDATA PATHEXT TEMP TMP ComSpec`.split(/\s+/),
);

/** Nobody sits at an agent's terminal: a prompt, a pager or an editor would only hang. */
const UNATTENDED = { GIT_TERMINAL_PROMPT: '0', GIT_PAGER: 'cat', PAGER: 'cat', GIT_EDITOR: ':' };

const LEAST_SECRET = 6;
const SECRET_NAME = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|SESSION/i;

/** Values that look like secrets by their names, longest first; for a process that knows nothing but its environment. */
export function secretValues(environment: Environment): readonly string[] {
  return Object.entries(environment)
    .flatMap(([name, value]) => (SECRET_NAME.test(name) && !name.startsWith('COPSE_') ? (value ?? []) : []))
    .filter((value) => value.length >= LEAST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}

export interface EnvironmentParts {
  readonly user: Environment;
  /** Names taken over from the user's environment on request. */
  readonly passEnv: readonly string[];
  /** Later ones win. */
  readonly overlays: readonly Readonly<Record<string, string>>[];
}

/** The whole environment; `overlays` win over passed names, those over the allow-list. */
export function composeEnvironment(parts: EnvironmentParts): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(parts.user)) {
    if (value !== undefined && isAllowed(name)) result[name] = value;
  }
  Object.assign(result, UNATTENDED);
  for (const name of parts.passEnv) {
    const value = parts.user[name];
    if (value !== undefined) result[name] = value;
  }
  return Object.assign(result, ...parts.overlays) as Record<string, string>;
}

function isAllowed(name: string): boolean {
  return ALLOWED.has(name) || /^LC_[A-Z]+$/.test(name);
}

/**
 * Values to keep out of logs, longest first: what was passed on request or set by the plan and looks like a secret by
 * its name, any long passed value without spaces that is no path and no plain URL, and proxies with a password. Values under six
 * characters stay: masking them would eat ordinary text.
 */
export function secretsOf(parts: EnvironmentParts, environment: Readonly<Record<string, string>>): string[] {
  const given = parts.overlays
    .flatMap((overlay) => Object.keys(overlay))
    .filter((name) => !name.startsWith('COPSE_'));
  const passed = new Set(parts.passEnv);
  const found = new Set<string>();
  for (const name of [...passed, ...given]) {
    const value = environment[name] ?? '';
    const isUrl = /^[a-z]+:\/\/[^@]*$/i.test(value);
    const looksRandom = passed.has(name) && !isUrl && /^[^\s/]\S{19,}$/.test(value);
    if (SECRET_NAME.test(name) || looksRandom) found.add(value);
  }
  for (const [name, value] of Object.entries(environment)) {
    if (/_proxy$/i.test(name) && value.includes('@')) found.add(value);
  }
  return [...found].filter((value) => value.length >= LEAST_SECRET).toSorted((a, b) => b.length - a.length);
}
