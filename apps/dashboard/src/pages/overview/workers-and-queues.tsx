import { Anchor, Skeleton } from '@mantine/core';
import { useCan } from '../../api/session.js';
import { formatCount } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import { formatAge } from './format-age.js';
import classes from './workers-and-queues.module.css';
import type { LaneData, OverviewData } from './overview-data.js';

const LANES: Record<LaneData['lane'], string> = {
  fast: 'First attempts',
  slow: 'Slow webhooks',
  retry: 'Retries',
  replay: 'Replays',
};

/** From here on it is worth a look. */
const LATE_SECONDS = 60;

/** Which workers there are, and what waits for them. Only for who sees the whole system. */
export function WorkersAndQueues({ overview }: { overview: OverviewData | undefined }) {
  return (
    <Panel
      title="Workers and what waits for them"
      description="The oldest delivery that is due, by lane"
      actions={
        useCan('admin') && (
          <Anchor href="/admin/queues" target="_blank" size="sm">
            Queues in Redis
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
  if (processes === null) return 'Redis does not tell';
  if (processes === 0) return 'None alive: nothing is delivered';
  return processes === 1 ? 'process alive' : 'processes alive';
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
