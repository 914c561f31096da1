import classes from './sparkline.module.css';
import { formatCount } from './format-number.js';

export interface SparklineInterval {
  time: string;
  succeeded: number;
  failed: number;
}

interface SparklineProps {
  intervals: readonly SparklineInterval[];
  /** Which time that is, as in "in the last 24 hours". */
  period: string;
}

const WIDTH = 120;
const HEIGHT = 24;
const GAP = 1;
/** Something is never shown as nothing. */
const LEAST = 2;

/** What succeeded and failed over time, as small bars; failures stand on top. */
export function Sparkline({ intervals, period }: SparklineProps) {
  const sum = (key: 'succeeded' | 'failed') => intervals.reduce((total, each) => total + each[key], 0);
  const most = Math.max(1, ...intervals.map(({ succeeded, failed }) => succeeded + failed));
  const width = WIDTH / Math.max(1, intervals.length);
  const heightOf = (count: number) => (count === 0 ? 0 : Math.max(LEAST, (count / most) * (HEIGHT - LEAST)));
  return (
    <svg
      role="img"
      className={classes.sparkline}
      width={WIDTH}
      height={HEIGHT}
      aria-label={`${formatCount(sum('succeeded'))} succeeded, ${formatCount(sum('failed'))} failed ${period}`}
    >
      {intervals.map(({ time, succeeded, failed }, index) => {
        const [good, bad] = [heightOf(succeeded), heightOf(failed)];
        const place = { x: index * width, width: Math.max(1, width - GAP) };
        return (
          <g key={time}>
            {good + bad === 0 && <rect {...place} className={classes.none} y={HEIGHT - 1} height={1} />}
            <rect {...place} className={classes.good} y={HEIGHT - good} height={good} />
            <rect {...place} className={classes.bad} y={HEIGHT - good - bad} height={bad} />
          </g>
        );
      })}
    </svg>
  );
}
