import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './tile.module.css';

interface Figure {
  /** Stands below the value: what it is, or what to know of it. */
  name: string;
  value: string;
  /** Makes a link of the name. */
  link?: (name: string) => ReactNode;
}

interface TileProps {
  label: string;
  /** Undefined: not known yet. One stands alone and large. */
  figures: Figure[] | undefined;
}

/** A number, or a few that belong together, to be seen at a glance. */
export function Tile({ label, figures }: TileProps) {
  return (
    <section className={classes.tile} aria-label={label} aria-busy={figures === undefined}>
      <h2 className={classes.label}>{label}</h2>
      {figures === undefined ? (
        <Skeleton height={44} mt={9} width="60%" />
      ) : (
        <dl className={classes.figures} data-many={figures.length > 1 || undefined}>
          {figures.map(({ name, value, link }) => (
            <div key={name} className={classes.figure}>
              <dt>{link ? link(name) : name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

export function Tiles({ children }: { children: ReactNode }) {
  return <div className={classes.grid}>{children}</div>;
}
