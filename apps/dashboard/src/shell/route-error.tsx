import { Container } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { untilAvailable } from '../api/outage-watch.js';
import { toProblem } from '../problems/problem.js';
import { ProblemAlert } from '../components/problem-alert.js';
import { DocumentTitle } from '../components/document-title.js';
import { t } from '../i18n/t.js';

/** Shown instead of a page that failed to load or render. Loads the page again as soon as the server responds. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const { isTransient } = toProblem(error);
  const retry = useCallback(() => {
    reset();
    void router.invalidate();
  }, [reset, router]);
  useEffect(() => {
    if (!isTransient) return undefined;
    let isShown = true;
    const retryWhenAvailable = async () => {
      await untilAvailable();
      if (isShown) retry();
    };
    void retryWhenAvailable();
    return () => {
      isShown = false;
    };
  }, [isTransient, retry]);
  return (
    <Container size="sm" py="xl">
      <DocumentTitle>{t('Error')}</DocumentTitle>
      <ProblemAlert error={error} onRetry={retry} />
    </Container>
  );
}
