/** A time series of a scrape. */
export interface Series {
  /** For histograms, without _bucket, _sum and _count. */
  metric: string;
  /** All labels but `le`. */
  labels: Record<string, string>;
  value: number;
}

export interface Exposition {
  /** The type of each metric. */
  types: Map<string, string>;
  series: Series[];
}

/** Parses the metrics of a process. */
export function readExposition(text: string): Exposition {
  const types = new Map(
    Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name = '', type = '']): [string, string] => [
      name,
      type,
    ]),
  );
  const series = Array.from(
    text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm),
    ([, name = '', labels = '', value = '']): Series => ({
      metric: types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, ''),
      labels: readLabels(labels),
      value: Number(value),
    }),
  );
  return { types, series };
}

function readLabels(text: string): Record<string, string> {
  const pairs = Array.from(text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, name = '', value = '']) => [
    name,
    value,
  ]);
  return Object.fromEntries(pairs.filter(([name]) => name !== 'le'));
}
