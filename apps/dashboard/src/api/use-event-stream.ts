import { createEventSource } from 'eventsource-client';
import { useEffect, useEffectEvent, useState } from 'react';
import type * as z from 'zod/mini';
import { credentials } from './api.js';

export type ConnectionState = 'connecting' | 'open' | 'lost';

interface EventStreamOptions<Data> {
  /** Path and query of the stream: `/v1/overview/live?tenantId=…`. */
  url: string;
  /** Name of the events to take. */
  event: string;
  schema: z.ZodMiniType<Data>;
  onData: (data: Data) => void;
}

/**
 * Follows server-sent events for as long as the component is there. It reads the stream by fetch, which can send the token of a
 * portal too; connections that break are made again by themselves.
 */
export function useEventStream<Data>({
  url,
  event,
  schema,
  onData,
}: EventStreamOptions<Data>): ConnectionState {
  const [state, setState] = useState<ConnectionState>('connecting');
  const take = useEffectEvent((text: string) => onData(schema.parse(JSON.parse(text))));

  useEffect(() => {
    const source = createEventSource({
      url: new URL(url, window.location.origin),
      ...credentials,
      onConnect: () => setState('open'),
      onScheduleReconnect: () => setState('lost'),
      onMessage: (message) => {
        if (message.event === event) take(message.data);
      },
    });
    return () => source.close();
  }, [url, event]);

  return state;
}
