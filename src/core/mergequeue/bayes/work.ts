/**
 * Work of one plan, counted in operations (about one word or one draw each) and never in time, so that a replay of the
 * same snapshot stops at the same place on any machine.
 */
export interface Work {
  spent: number;
  readonly limit: number;
}

export function isExhausted(work: Work): boolean {
  return work.spent >= work.limit;
}
