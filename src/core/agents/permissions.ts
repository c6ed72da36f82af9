/** What an agent that asks before it acts is answered, and by whom. */

/**
 * edit: what stays in its worktree is allowed · plan: only reading is · full: everything is · ask: reading in its worktree
 * is allowed, a person answers the rest.
 */
export const ACP_PERMISSIONS = ['edit', 'plan', 'full', 'ask'] as const;
export type AcpPermission = (typeof ACP_PERMISSIONS)[number];

/** What an agent wants to do, in its own words; `paths` as it names them. */
export interface Wish {
  /** ACP's word for the tool: read, search, edit, delete, move, execute, fetch, think, … */
  readonly kind: string;
  readonly title: string;
  readonly paths: readonly string[];
  /** Its arguments as JSON; empty when it told none. */
  readonly input: string;
}

export type Ruling =
  { readonly kind: 'allow' } | { readonly kind: 'deny'; readonly why: string } | { readonly kind: 'ask' };

const ONLY_LOOKS: ReadonlySet<string> = new Set(['read', 'search', 'think', 'fetch']);

/**
 * `outside`: those of its paths that do not lie in the worktree. A courtesy that keeps honest agents in their place, not a
 * fence: a command may do what its title does not say.
 */
export function rulingOn(policy: AcpPermission, wish: Wish, outside: readonly string[]): Ruling {
  if (policy === 'full') return { kind: 'allow' };
  const isLook = ONLY_LOOKS.has(wish.kind);
  const [stray] = outside;
  if (policy === 'ask') return isLook && stray === undefined ? { kind: 'allow' } : { kind: 'ask' };
  if (stray !== undefined) return { kind: 'deny', why: `${stray} is not in the worktree` };
  if (policy === 'plan' && !isLook) return { kind: 'deny', why: 'the plan lets this agent only read' };
  return { kind: 'allow' };
}
