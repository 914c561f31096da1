import { SearchX } from 'lucide-react';
import { EmptyState } from './empty-state.js';
import { TextLink } from './text-link.js';
import { DocumentTitle } from './document-title.js';
import { t } from '../i18n/t.js';

export function NotFound() {
  return (
    <EmptyState title={t('Page not found')} icon={SearchX} page>
      <DocumentTitle>{t('Page not found')}</DocumentTitle>
      {t('Check the URL. The page may have been deleted, or you may not have access to it.')}{' '}
      <TextLink to="/" underline="always">
        {t('Go to the home page')}
      </TextLink>
    </EmptyState>
  );
}
