/** The last turn. A webhook has about as many due deliveries of replays. Further ones share it, in the order of their jobs. */
export const LAST_TURN = 300;

/**
 * Returns the turn of a replayed delivery, the priority of its job: its position among the due deliveries of its webhook. The replay lane
 * runs jobs of a lower number first, so webhooks take turns: each sends its first delivery before any sends its second. Neither a replay
 * that is long nor one that was first delays the others.
 * @param ahead how many deliveries of its webhook wait before it
 */
export const replayTurn = (ahead: number): number => Math.min(ahead + 1, LAST_TURN);
