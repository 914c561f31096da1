import { createEventSource } from 'eventsource-client';
import { useEffect, useEffectEvent, useState } from 'react';
import type * as z from 'zod/mini';
import { transport } from './api.js';

export type ConnectionState = 'connecting' | 'open' | 'lost';

interface EventStreamOptions<Data> {
  /** Path and query of the stream, such as `/v1/overview/live?tenantId=…`. */
  url: string;
  /** Name of the events to handle. */
  event: string;
  schema: z.ZodMiniType<Data>;
  onData: (data: Data) => void;
}

/**
 * Subscribes to server-sent events while the component is mounted. Uses fetch instead of EventSource, because it must send the token
 * of the portal. Reconnects automatically.
 */
export function useEventStream<Data>({
  url,
  event,
  schema,
  onData,
}: EventStreamOptions<Data>): ConnectionState {
  const [state, setState] = useState<ConnectionState>('connecting');
  const handle = useEffectEvent((text: string) => onData(schema.parse(JSON.parse(text))));

  useEffect(() => {
    const source = createEventSource({
      url: new URL(url, window.location.origin),
      ...transport,
      onConnect: () => setState('open'),
      onScheduleReconnect: () => setState('lost'),
      onMessage: (message) => {
        if (message.event === event) handle(message.data);
      },
    });
    return () => source.close();
  }, [url, event]);

  return state;
}
