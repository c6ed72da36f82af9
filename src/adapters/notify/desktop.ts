/** A message on the desktop, where a program is there that shows one. The terminal itself is told by whoever writes to it. */
import { execFile } from 'node:child_process';
import type { Notice } from '../../core/inbox/notices.ts';
import type { NotifyOutcome } from '../../ports/notify.ts';

const LIMIT_MS = 5_000;

const APPLESCRIPT = [
  '-e',
  'on run argv',
  '-e',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  '-e',
  'end run',
];

export function showOnDesktop(
  { title, text }: Notice,
  {
    environment,
    platform,
  }: { readonly environment: Readonly<Record<string, string | undefined>>; readonly platform: string },
): Promise<NotifyOutcome> {
  const head = `Copse: ${title}`;
  if (platform === 'darwin') return run('osascript', [...APPLESCRIPT, head, text], environment);
  const hasDesktop = ['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS'].some(
    (name) => (environment[name] ?? '') !== '',
  );
  if (!hasDesktop) return Promise.resolve({ kind: 'absent', why: 'there is no desktop here' });
  return run('notify-send', ['--app-name=Copse', '--', head, text], environment);
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<NotifyOutcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: LIMIT_MS }, (error) => {
      if (error === null) resolve({ kind: 'delivered' });
      else if ('code' in error && error.code === 'ENOENT')
        resolve({ kind: 'absent', why: `${program} is not installed` });
      else resolve({ kind: 'refused', why: `${program} failed`, mayRetry: false });
    });
  });
}
