/** The standard streams: nothing else in the program writes to them. Loads nothing, since `--version` needs no more. */

/** What is needed of a standard stream; tests give their own. */
export interface Stream {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export function standardStreams(): { readonly stdout: Stream; readonly stderr: Stream } {
  return { stdout: process.stdout, stderr: process.stderr };
}

/** Text of our own, as it is; a reader that has gone is no error. */
export function printPlain(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once('error', () => resolve());
    process.stdout.write(text, () => resolve());
  });
}
