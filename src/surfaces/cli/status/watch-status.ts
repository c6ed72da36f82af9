export async function watchStatus(): Promise<number> {
  return 0;
}
