import { Skeleton, VisuallyHidden } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { PlotProps } from './plot-props.js';
import { describePlot } from './describe-plot.js';

// Loaded on demand: the charting library is as large as the rest of the app.
const Chart = lazy(() => import('./plot-chart.js'));

const HEIGHT = 220;

/** A time series as stacked bars or lines, with a text summary for screen readers. */
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
