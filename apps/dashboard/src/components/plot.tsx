import { Skeleton, VisuallyHidden } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { PlotProps } from './plot-props.js';
import { describePlot } from './describe-plot.js';

// The plotting library is as large as all the rest, and no list needs it.
const Chart = lazy(() => import('./plot-chart.js'));

const HEIGHT = 220;

/** Figures over time, as stacked bars or as lines, with the same in words for those who cannot see it. */
export function Plot({ height = HEIGHT, ...props }: PlotProps) {
  return (
    <figure aria-label={props.label} style={{ margin: 0 }}>
      <div aria-hidden style={{ height }}>
        <Suspense fallback={<Skeleton height={height} />}>
          <Chart {...props} height={height} />
        </Suspense>
      </div>
      <VisuallyHidden component="figcaption">{describePlot(props)}</VisuallyHidden>
    </figure>
  );
}
