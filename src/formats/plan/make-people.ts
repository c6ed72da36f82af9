/** Approvals and notices, as the plan means them. */
import type { Approval, NotifyChannel } from '../../core/plan/model.ts';
import type { PlanContext } from './context.ts';
import { report } from './context.ts';
import { listOf } from './quantities.ts';
import type { ApprovalFile, NotifyFile } from './schema-people.ts';

/** null: none is needed. */
export function approvalOf(
  context: PlanContext,
  path: readonly (string | number)[],
  given: ApprovalFile | undefined,
): Approval | null {
  if (given === undefined || given === false) return null;
  if (given === true) return { required: 1, from: [] };
  const from = [...new Set(listOf(given.from))];
  const required = given.required ?? 1;
  if (from.length > 0 && from.length < required) {
    report(context, path, {
      code: 'E0208',
      message: `${required} approvals are required and ${from.length} may give one`,
      why: 'each counts once, so this could never go on',
      fix: `required: ${from.length}`,
    });
  }
  return { required, from };
}

const ALWAYS: NotifyChannel['on'] = ['needs_you', 'failed', 'done'];

export function notifyOf(given: NotifyFile): readonly NotifyChannel[] {
  return listOf(given).map((channel): NotifyChannel => {
    if (typeof channel === 'string') return { kind: 'desktop', on: ALWAYS };
    const on = channel.on === undefined ? ALWAYS : [...new Set(listOf(channel.on))];
    return channel.to === 'desktop'
      ? { kind: 'desktop', on }
      : { kind: 'webhook', on, to: channel.to, secretEnv: channel.secret_env ?? null };
  });
}
