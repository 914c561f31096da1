import { useThrottledCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { api } from '../api/api.js';
import { toProblem } from '../problems/problem.js';
import { SESSION_QUERY } from '../api/session.js';

/** How often the session is loaded again, in milliseconds. */
const CHECK_MS = 30_000;

/** The minimum time between two reports of activity, in milliseconds. */
const ACTIVITY_MS = 60_000;

const ACTIVITY_EVENTS = ['pointerdown', 'pointermove', 'wheel', 'keydown'] as const;

/** Keeps the session of a person while they use the page, and leaves the page soon after the session has ended. */
export default function PersonSession() {
  useActivityReports();
  useSessionCheck();
  return null;
}

/** Reports input to the API. The requests of an open page alone do not extend the session. */
function useActivityReports(): void {
  const { mutate } = api.useMutation('post', '/v1/session/activity', { meta: { failureShown: true } });
  const report = useThrottledCallback(() => mutate({}), ACTIVITY_MS);
  useEffect(() => {
    const listening = new AbortController();
    for (const event of ACTIVITY_EVENTS)
      window.addEventListener(event, report, { passive: true, capture: true, signal: listening.signal });
    return () => listening.abort();
  }, [report]);
}

/** Applies changes of the rights, and redirects when the session has ended, also on pages that load nothing. */
function useSessionCheck(): void {
  const router = useRouter();
  const { error } = useQuery({
    ...SESSION_QUERY,
    refetchInterval: CHECK_MS,
    refetchIntervalInBackground: true,
  });
  const hasEnded = error !== null && toProblem(error).status === 401;
  useEffect(() => {
    if (hasEnded) void router.invalidate();
  }, [hasEnded, router]);
}
