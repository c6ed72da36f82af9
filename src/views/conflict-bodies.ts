/** Events about conflicts and where a change came from, as they are printed. */
import { assertNever } from '../kit/assert.ts';
import type { ChangeOrigin } from '../core/run/conflict.ts';
import type { ConflictEvent } from '../core/run/queue-events.ts';

export type OriginView =
  | {
      readonly kind: 'resolution';
      readonly of: string;
      readonly stage: string;
      readonly agent?: string;
      readonly by?: string;
      readonly onto: string;
      readonly files: readonly string[];
    }
  | {
      readonly kind: 'rollback';
      readonly of?: string;
      readonly commit: string;
      readonly by: string;
      readonly reason: string;
    };

export function originView(origin: ChangeOrigin): OriginView {
  switch (origin.kind) {
    case 'resolution': {
      const { of, stage, agent, by, onto, files } = origin;
      const who = { ...(agent === null ? {} : { agent }), ...(by === null ? {} : { by }) };
      return { kind: 'resolution', of, stage, ...who, onto, files };
    }
    case 'revert': {
      const { of, commit, by, because } = origin;
      return { kind: 'rollback', ...(of === null ? {} : { of }), commit, by, reason: because };
    }
    default:
      return assertNever(origin);
  }
}

export function conflictBody(event: ConflictEvent) {
  switch (event.kind) {
    case 'conflict.opened': {
      const { change, base, ours, theirs, files, company } = event;
      return { type: event.kind, change, base, ours, theirs, files, with: company };
    }
    case 'conflict.tried': {
      const { change, stage, agent, onto, outcome, head, files, detail, log } = event;
      return {
        type: event.kind,
        change,
        stage,
        ...(agent === null ? {} : { agent }),
        onto,
        outcome,
        ...(head === null ? {} : { head }),
        files,
        reason: detail,
        ...(log === null ? {} : { log }),
      };
    }
    case 'conflict.resolved': {
      const { change, by, onto, head, files } = event;
      return { type: event.kind, change, by, onto, head, files };
    }
    case 'conflict.asked':
      return { type: event.kind, change: event.change, by: event.by, agent: event.agent };
    case 'conflict.dropped':
      return { type: event.kind, change: event.change, by: event.by };
    default:
      return assertNever(event);
  }
}
