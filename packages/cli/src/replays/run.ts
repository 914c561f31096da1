/** A replay or recovery. */
export interface Run {
  id: string;
  status: 'running' | 'completed' | 'cancelled';
  total: number;
  progress: {
    succeeded: number;
    failed: number;
    dropped: number;
    /** Of a recovery: failed again, with a retry later. */
    retrying?: number;
  };
}

/** The number of deliveries that have failed, or failed again. */
export const failedOf = ({ progress: { failed, retrying = 0 } }: Run): number => failed + retrying;
