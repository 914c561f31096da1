import { Button } from '@mantine/core';
import { Download } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { t } from '../../i18n/t.js';
import type { ExportedList } from './use-export.js';

// Loaded after the list.
const ExportMenu = lazy(() => import('./export-menu.js'));

/** Saves the rows of a list. */
export function ExportButton(list: ExportedList) {
  const placeholder = (
    <Button variant="default" leftSection={<Download size={15} aria-hidden />} disabled>
      {t('Export')}
    </Button>
  );
  return (
    <Suspense fallback={placeholder}>
      <ExportMenu {...list} />
    </Suspense>
  );
}
