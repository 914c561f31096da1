import { Anchor, Skeleton } from '@mantine/core';
import { useCan } from '../../api/session.js';
import { formatAge, formatCount } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import classes from './workers-and-queues.module.css';
import type { LaneData, OverviewData, PendingData } from './overview-data.js';

const LANES: Record<LaneData['lane'], string> = {
  fast: 'First attempts',
  slow: 'Slow webhooks',
  retry: 'Retries',
  replay: 'Replays',
};

/** From this age on, the oldest due delivery is highlighted. */
const LATE_SECONDS = 60;

/** Worker processes and the backlog of each lane. Only for keys of all tenants. */
export function WorkersAndQueues({ overview }: { overview: OverviewData | undefined }) {
  return (
    <Panel
      title="Workers and queues"
      description="Age of the oldest due delivery in each queue"
      actions={
        useCan('admin') && (
          <Anchor href="/admin/queues" target="_blank" size="sm">
            Open queue monitor
          </Anchor>
        )
      }
    >
      {overview === undefined ? (
        <Skeleton height={72} />
      ) : (
        <ul className={classes.parts}>
          {overview.workers !== null && <Workers processes={overview.workers.processes} />}
          {overview.lanes?.map((lane) => (
            <Lane key={lane.lane} lane={lane} />
          ))}
          <Held pending={overview.pending} />
        </ul>
      )}
    </Panel>
  );
}

function Workers({ processes }: { processes: number | null }) {
  return (
    <li>
      <h3 className={classes.name}>Workers</h3>
      <div className={classes.value} data-tone={processes === 0 ? 'bad' : undefined}>
        {processes === null ? '–' : formatCount(processes)}
      </div>
      <div className={classes.note}>{workersNote(processes)}</div>
    </li>
  );
}

function workersNote(processes: number | null): string {
  if (processes === null) return 'Unknown: Redis is unavailable';
  if (processes === 0) return 'No workers running: nothing is delivered';
  return processes === 1 ? 'process running' : 'processes running';
}

/** Held deliveries wait in PostgreSQL, not in a queue. */
function Held({ pending: { held, isComplete } }: { pending: PendingData }) {
  return (
    <li>
      <h3 className={classes.name}>Held</h3>
      <div className={classes.value}>
        {formatCount(held.total)}
        {!isComplete && '+'}
      </div>
      <div className={classes.note}>by webhook limits</div>
    </li>
  );
}

function Lane({ lane: { lane, oldestDueSeconds, waiting } }: { lane: LaneData }) {
  const isLate = oldestDueSeconds !== null && oldestDueSeconds >= LATE_SECONDS;
  return (
    <li>
      <h3 className={classes.name}>{LANES[lane]}</h3>
      <div className={classes.value} data-tone={isLate ? 'warn' : undefined}>
        {oldestDueSeconds === null ? 'None due' : formatAge(oldestDueSeconds)}
      </div>
      <div className={classes.note}>{formatCount(waiting)} waiting</div>
    </li>
  );
}
