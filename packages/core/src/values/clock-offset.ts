/**
 * Returns how far a remote clock is ahead of the local clock, in milliseconds. Accurate to half the round-trip time.
 * @param readRemoteMs reads the remote clock, in milliseconds since 1970
 */
export async function clockOffsetMs(readRemoteMs: () => Promise<number>): Promise<number> {
  const before = Date.now();
  const remote = await readRemoteMs();
  return Math.round(remote - (before + Date.now()) / 2);
}
