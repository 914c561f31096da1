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

/** A stream without an event in this time is lost, in milliseconds: the server or its database stands still. It sends one every 2 s. */
const SILENCE_MS = 8000;

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
      onScheduleReconnect: () => setState('lost'),
      onMessage: (message) => {
        if (message.event !== event) return;
        setState('open');
        reconnect.restart();
        handle(message.data);
      },
    });
    const reconnect = createWatchdog(SILENCE_MS, () => {
      setState('lost');
      source.close();
      source.connect();
    });
    return () => {
      reconnect.stop();
      source.close();
    };
  }, [url, event]);

  return state;
}

/** Calls `onSilence` whenever `restart` has not been called for a time. */
function createWatchdog(silenceMs: number, onSilence: () => void) {
  let timer = setInterval(onSilence, silenceMs);
  return {
    restart() {
      clearInterval(timer);
      timer = setInterval(onSilence, silenceMs);
    },
    stop: () => clearInterval(timer),
  };
}
