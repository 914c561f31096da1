import { Center, Loader } from '@mantine/core';
import { t } from '../i18n/t.js';

export function RoutePending() {
  return (
    <Center py={96} role="status" aria-label={t('Loading')}>
      <Loader size="sm" />
    </Center>
  );
}
