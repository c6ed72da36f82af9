/** Types of `rooms.mjs` for the guard that runs it. */
export interface RoomViolation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly detail: string;
}
export function checkRooms(
  root: string,
  rooms: Readonly<Record<string, object>>,
): { readonly modules: number; readonly imports: number; readonly violations: readonly RoomViolation[] };
