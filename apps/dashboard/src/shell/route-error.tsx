import { Container } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { ProblemAlert } from '../components/problem-alert.js';
import { DocumentTitle } from '../components/document-title.js';
import { t } from '../i18n/t.js';

/** Shown instead of a page that failed to load or render. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Container size="sm" py="xl">
      <DocumentTitle>{t('Error')}</DocumentTitle>
      <ProblemAlert
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </Container>
  );
}
