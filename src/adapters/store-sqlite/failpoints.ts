const EFFECTS = ['store.commit', 'leader.acquire', 'leader.renew', 'migrate.step'] as const;

export type StoreEffect = (typeof EFFECTS)[number];

/** Every point a test can switch on in this adapter, in no particular order. */
export const STORE_FAILPOINTS: readonly string[] = EFFECTS.flatMap((effect) => [
  `before:${effect}`,
  `after:${effect}`,
]);
