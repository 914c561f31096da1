import type { TaskShares } from '@posthorn/flow';

/** Pause between two reports, in milliseconds. Less than half of the lease that one acquires, so that a lost report changes nothing. */
export const ROOM_REPORT_INTERVAL_MS = 5000;

/** Above this event loop utilization a worker has no room. */
const MAX_UTILIZATION = 0.8;

interface WorkerRoomDeps {
  shares: Pick<TaskShares, 'join' | 'leave'>;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
}

/** Which workers have room for deliveries that others have stored: this one, and the others by their last reports. */
export class WorkerRoom {
  readonly #deps: WorkerRoomDeps;
  #haveOthers = false;

  constructor(deps: WorkerRoomDeps) {
    this.#deps = deps;
  }

  /** Whether this worker has no room, but another one has. Where none has, a job in Redis would only be more work. */
  get isOnlyElsewhere(): boolean {
    return this.#haveOthers && !this.#hasRoom;
  }

  /** Tells the other workers whether this one has room, and reads which of them have. */
  async report(): Promise<void> {
    const { shares } = this.#deps;
    const share = await (this.#hasRoom ? shares.join('start') : shares.leave('start'));
    this.#haveOthers = share.hasOthers;
  }

  get #hasRoom(): boolean {
    return this.#deps.utilization() <= MAX_UTILIZATION;
  }
}
