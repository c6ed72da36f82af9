/** Each is hit as `before:<name>` and `after:<name>`. */
export const PROCESS_FAILPOINTS = [
  'run.mkdir',
  'spawn.fork',
  'spawn.pidfile',
  'exit.collect',
  'adopt.scan',
] as const;
