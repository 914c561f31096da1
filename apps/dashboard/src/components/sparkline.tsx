import classes from './sparkline.module.css';
import { t } from '../i18n/t.js';

export interface SparklineInterval {
  time: string;
  succeeded: number;
  /** Attempts, also of deliveries that succeeded later. */
  failedAttempts: number;
}

interface SparklineProps {
  /** Of the last 24 hours. */
  intervals: readonly SparklineInterval[];
}

const WIDTH = 120;
const HEIGHT = 24;
const GAP = 1;
/** Makes small values visible. */
const MIN_BAR_HEIGHT = 2;

/** Successes and failed attempts over time as small stacked bars, failures on top. */
export function Sparkline({ intervals }: SparklineProps) {
  const sum = (key: 'succeeded' | 'failedAttempts') =>
    intervals.reduce((total, each) => total + each[key], 0);
  const max = Math.max(1, ...intervals.map(({ succeeded, failedAttempts }) => succeeded + failedAttempts));
  const width = WIDTH / Math.max(1, intervals.length);
  const heightOf = (count: number) =>
    count === 0 ? 0 : Math.max(MIN_BAR_HEIGHT, (count / max) * (HEIGHT - MIN_BAR_HEIGHT));
  return (
    <svg
      role="img"
      className={classes.sparkline}
      width={WIDTH}
      height={HEIGHT}
      aria-label={t(
        '{{succeeded, number}} succeeded, {{failed, number}} failed attempts in the last 24 hours',
        {
          succeeded: sum('succeeded'),
          failed: sum('failedAttempts'),
        },
      )}
    >
      {intervals.map(({ time, succeeded, failedAttempts }, index) => {
        const [good, bad] = [heightOf(succeeded), heightOf(failedAttempts)];
        const bar = { x: index * width, width: Math.max(1, width - GAP) };
        return (
          <g key={time}>
            {good + bad === 0 && <rect {...bar} className={classes.none} y={HEIGHT - 1} height={1} />}
            <rect {...bar} className={classes.good} y={HEIGHT - good} height={good} />
            <rect {...bar} className={classes.bad} y={HEIGHT - good - bad} height={bad} />
          </g>
        );
      })}
    </svg>
  );
}
