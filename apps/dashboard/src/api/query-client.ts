import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { notifyProblem, notifySuccess } from '../components/notify.js';
import { toProblem } from './problem.js';

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: {
      /** Said when it has succeeded. */
      success?: string;
      /** The failure is shown where it happened, such as in a form, and not as a notification. */
      failureShown?: true;
    };
  }
}

const RETRIES = 2;

/** @param onSignedOut called when an answer says that the session or the link has ended */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  function noticeSignOut(error: unknown) {
    if (toProblem(error).status === 401) onSignedOut();
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError: noticeSignOut }),
    mutationCache: new MutationCache({
      onError(error, _variables, _result, { meta }) {
        noticeSignOut(error);
        if (!meta?.failureShown) notifyProblem(error);
      },
      onSuccess(_data, _variables, _result, { meta }) {
        if (meta?.success !== undefined) notifySuccess(meta.success);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < RETRIES && toProblem(error).isTransient,
      },
    },
  });
}
