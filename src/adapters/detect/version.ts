import { execFile } from 'node:child_process';

const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * First line of `<executable> --version`, or null when it fails or takes longer than `timeoutMs`. Only for `doctor`:
 * some agents take seconds. `env` is the whole environment.
 */
export function readVersion(
  executable: string,
  options: { readonly timeoutMs: number; readonly env: Readonly<Record<string, string>> },
): Promise<string | null> {
  return new Promise((resolve) => {
    const child = execFile(
      executable,
      ['--version'],
      { timeout: options.timeoutMs, killSignal: 'SIGKILL', env: options.env, maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout) => {
        const line = stdout
          .split('\n')
          .map((one) => one.trim())
          .find((one) => one !== '');
        resolve(error === null && line !== undefined ? printable(line) : null);
      },
    );
    child.stdin?.end();
  });
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, 100);
}
