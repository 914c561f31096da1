import { dataTextOf } from '@posthorn/core/json';
import { useMemo } from 'react';
import { api } from '../../api/api.js';
import type { PublishedEvent } from '../../api/types.js';

/** An event with its data as it was published. A parsed value would show other numbers. */
export type EventWithText = Omit<PublishedEvent, 'data'> & {
  /** Null if the payload has expired. */
  dataText: string | null;
};

/** Loads one event. */
export function useEvent(id: string) {
  const init = { params: { path: { id } }, parseAs: 'text' } as const;
  const { data: json, ...query } = api.useQuery('get', '/v1/events/{id}', init);
  const event = useMemo(() => (json === undefined ? undefined : readEvent(json)), [json]);
  return { ...query, event };
}

function readEvent(json: string): EventWithText {
  const { data, ...fields }: PublishedEvent = JSON.parse(json);
  return { ...fields, dataText: data === null ? null : dataTextOf(json) };
}
