/** `copse resolve`: a person at a conflict. */
import { spawnSync } from 'node:child_process';
import type { RunState } from '../../../core/run/state.ts';
import {
  closeConflict,
  finishConflict,
  openConflict,
  requireConflict,
  type OpenConflict,
} from '../../../engine/care/resolve.ts';
import { Failure } from '../../../kit/failure.ts';
import { conflictView, resolveText, type ResolveView } from '../../../views/resolve-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { resumeLatest } from '../run/perform-run.ts';
import { type Session, withSession } from '../session.ts';
import { isLed, requireRun, tellRun } from '../steer/tell-run.ts';

export interface ResolveRequest {
  readonly id: string;
  readonly editor: boolean;
  readonly agent: string | null;
  readonly isContinue: boolean;
  readonly isAbort: boolean;
}

export function performResolve(context: Context, request: ResolveRequest): Promise<number> {
  return withSession(context, async (session) => {
    const asked = [request.agent !== null, request.isContinue || request.editor, request.isAbort];
    if (asked.filter(Boolean).length > 1) {
      throw new Failure(
        'usage-resolve',
        'only one of --agent, --abort, and --editor or --continue is possible',
      );
    }
    const state = await requireRun(session);
    if (request.isAbort) return abort(session, state, request.id);
    if (request.agent !== null) return askAgent(session, state, request.id, request.agent);
    const open = await openConflict(session.deps, state, requireConflict(state, request.id));
    if (request.editor) edit(session, open);
    if (request.isContinue) return goOn(session, state, request.id);
    return show(session, state, open);
  });
}

function show(session: Session, state: RunState, open: OpenConflict): number {
  const { out } = session.context;
  const view = viewOf(state, open, 'opened');
  if (out.json) {
    out.envelope('resolve', view);
    return EXIT.done;
  }
  out.answer(...resolveText(view, state.target));
  const name = view.task ?? view.branch;
  out.note(
    'resolve the files there, then: ',
    `copse resolve ${name} --continue    # takes what is there; it is proven before it lands`,
    `copse resolve ${name} --abort       # gives the change up`,
  );
  return EXIT.done;
}

function viewOf(
  state: RunState,
  open: Pick<OpenConflict, 'change'> & Partial<OpenConflict>,
  action: ResolveView['action'],
): ResolveView {
  const view = conflictView(open.change, state);
  if (view === null) throw new Failure('conflict-none', `${open.change.id} is not in conflict`);
  return { ...view, ...(open.path === undefined ? {} : { path: open.path }), action, outside: [] };
}

/** Every file in conflict that is there, in one call: most editors take several. */
function edit({ context }: Session, open: OpenConflict): void {
  const { env } = context.world;
  const editor = env['VISUAL'] ?? env['EDITOR'] ?? '';
  if (editor === '')
    throw new Failure('environment-editor', 'no editor is known: neither VISUAL nor EDITOR is set', {
      hint: `EDITOR=vi copse resolve ${open.change.task ?? open.change.branch} --editor`,
    });
  const { status } = spawnSync('/bin/sh', ['-c', `${editor} "$@"`, 'copse-editor', ...open.files], {
    cwd: open.path,
    stdio: 'inherit',
    env: { ...env },
  });
  if (status !== 0) throw new Failure('environment-editor', `the editor ended with ${status ?? 'a signal'}`);
}

async function goOn(session: Session, state: RunState, id: string): Promise<number> {
  const { deps, by, context } = session;
  const change = requireConflict(state, id);
  const { fact, outside } = await finishConflict(deps, state, change, by);
  if (outside.length > 0)
    context.out.note(`changed beside the files in conflict: ${outside.slice(0, 5).join(', ')}`);
  if (!(await isLed(session))) return resumeLatest(session, state, [fact], false);
  await tellRun(session, [fact]);
  return told(
    session,
    { ...viewOf(state, { change }, 'continued'), outside },
    `${id} is resolved and queued again`,
  );
}

async function askAgent(session: Session, state: RunState, id: string, agent: string): Promise<number> {
  const change = requireConflict(state, id);
  if (state.plan.agents[agent] === undefined) {
    const known = Object.keys(state.plan.agents).join(', ');
    throw new Failure('agent-unknown', `the plan defines no agent ${agent}; it has ${known || 'none'}`);
  }
  const fact = { kind: 'conflict.asked', change: change.id, by: session.by, agent } as const;
  if (!(await isLed(session))) return resumeLatest(session, state, [fact], false);
  await tellRun(session, [fact]);
  return told(session, viewOf(state, { change }, 'asked'), `${agent} is asked to resolve ${id}`);
}

async function abort(session: Session, state: RunState, id: string): Promise<number> {
  const change = requireConflict(state, id);
  const kept = await closeConflict(session.deps, state, change);
  await tellRun(session, [{ kind: 'conflict.dropped', change: change.id, by: session.by }]);
  const view = { ...viewOf(state, { change }, 'dropped'), ...(kept === null ? {} : { kept_as: kept }) };
  const where = kept === null ? '' : `; what was resolved so far is kept as ${kept}`;
  return told(session, view, `${id} is given up, its branch stays${where}`);
}

function told({ context: { out } }: Session, view: ResolveView, text: string): number {
  if (out.json) out.envelope('resolve', view);
  else out.answer(text);
  return EXIT.done;
}
