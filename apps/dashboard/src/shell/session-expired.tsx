import { Button } from '@mantine/core';
import { Link2Off } from 'lucide-react';
import { access } from '../access/current-access.js';
import { DocumentTitle } from '../components/document-title.js';
import { EmptyState } from '../components/empty-state.js';
import { BarePage } from './bare-page.js';
import { t } from '../i18n/t.js';

/** Shown for a portal link that is expired, revoked or not valid. */
export function SessionExpired() {
  const returnUrl = access.kind === 'portal' ? access.settings.returnUrl : undefined;
  return (
    <BarePage>
      <DocumentTitle>{t('Session expired')}</DocumentTitle>
      <EmptyState title={t('Your session expired')} icon={Link2Off} page>
        {returnUrl === undefined ? (
          t('Reopen this page from the app that brought you here.')
        ) : (
          <>
            <p>{t('Go back to start a new session.')}</p>
            <Button component="a" href={returnUrl} target="_top">
              {t('Go back')}
            </Button>
          </>
        )}
      </EmptyState>
    </BarePage>
  );
}
