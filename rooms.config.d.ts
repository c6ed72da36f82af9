export interface RoomRule {
  readonly rooms: readonly string[];
  readonly node: boolean;
  readonly packages: readonly string[];
  readonly types?: readonly string[];
  readonly typesOnly?: boolean;
  readonly siblings?: boolean;
}
export const rooms: Readonly<Record<string, RoomRule>>;
