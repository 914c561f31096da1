import { Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './tile.module.css';

interface Metric {
  /** Label below the value. */
  name: string;
  value: string;
  /** Turns the name into a link. */
  link?: (name: string) => ReactNode;
}

interface TileProps {
  label: string;
  /** Undefined while loading. A single metric is shown large. */
  metrics: Metric[] | undefined;
  /** Explains the metrics. */
  note?: string;
}

/** One metric or a few related ones. */
export function Tile({ label, metrics, note }: TileProps) {
  return (
    <section className={classes.tile} aria-label={label} aria-busy={metrics === undefined}>
      <h2 className={classes.label}>{label}</h2>
      {metrics === undefined ? (
        <Skeleton height={44} mt={9} width="60%" />
      ) : (
        <dl className={classes.metrics} data-many={metrics.length > 1 || undefined}>
          {metrics.map(({ name, value, link }) => (
            <div key={name} className={classes.metric}>
              <dt>{link ? link(name) : name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {note !== undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          {note}
        </Text>
      )}
    </section>
  );
}

export function Tiles({ children }: { children: ReactNode }) {
  return <div className={classes.grid}>{children}</div>;
}
