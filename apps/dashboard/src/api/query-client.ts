import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { notifyProblem, notifySuccess } from '../notify/notify.js';
import type { paths } from '../generated/api.js';
import { createOutageWatch } from './outage-watch.js';
import { TIMED_OUT, toProblem } from '../problems/problem.js';

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: {
      /** Notification shown on success. */
      success?: string;
      /** The data that a success changes. It is loaded again, with all parameters; nothing waits for it. */
      invalidates?: readonly (keyof paths)[];
      /** The component shows the error itself, such as in a form, so that no notification is needed. */
      failureShown?: true;
    };
  }
}

const MAX_RETRIES = 2;

/** @param onSignedOut called when a response says that the session or portal link has expired */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  function detectSignOut(error: unknown) {
    if (toProblem(error).status === 401) onSignedOut();
  }
  const queryClient = new QueryClient({
    queryCache: new QueryCache({
      onError(error) {
        detectSignOut(error);
        afterFailure();
      },
    }),
    mutationCache: new MutationCache({
      onError(error, _variables, _result, { meta }) {
        detectSignOut(error);
        if (!meta?.failureShown) notifyProblem(error);
      },
      onSuccess(_data, _variables, _result, { meta }) {
        if (meta?.success !== undefined) notifySuccess(meta.success);
        for (const path of meta?.invalidates ?? [])
          void queryClient.invalidateQueries({ queryKey: ['get', path] });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => {
          const { isTransient, code } = toProblem(error);
          return failures < MAX_RETRIES && isTransient && code !== TIMED_OUT;
        },
      },
    },
  });
  const afterFailure = createOutageWatch(queryClient);
  return queryClient;
}
