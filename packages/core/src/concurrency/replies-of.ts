/** Called with the error of each call that fails. */
export type OnFailure = (error: unknown) => void;

/**
 * Waits for calls to several servers. Returns their replies, in the same order.
 * @param onFailure makes the reply of a call that fails undefined. Without it, the first failure rejects
 */
export function repliesOf<Reply>(
  calls: readonly Promise<Reply>[],
  onFailure?: OnFailure,
): Promise<(Reply | undefined)[]> {
  if (!onFailure) return Promise.all(calls);
  return Promise.all(
    calls.map((call) =>
      call.catch((error: unknown) => {
        onFailure(error);
        return undefined;
      }),
    ),
  );
}
