import { Button, Menu } from '@mantine/core';
import { Download, X } from 'lucide-react';
import { type ExportedList, MAX_EXPORTED, useExport } from './use-export.js';
import { t } from '../../i18n/t.js';

/** Saves the rows of a list as CSV or NDJSON, with the filters of the list. Shows its progress, and cancels it. */
export default function ExportMenu(list: ExportedList) {
  const { rows, start, cancel } = useExport(list);
  if (rows !== null) {
    return (
      <Button variant="default" leftSection={<X size={15} aria-hidden />} onClick={cancel}>
        {t('Cancel export ({{rows, number}} rows)', { rows })}
      </Button>
    );
  }
  return (
    <Menu position="bottom-end" shadow="md" withinPortal={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<Download size={15} aria-hidden />}>
          {t('Export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('The first {{rows, number}} rows', { rows: MAX_EXPORTED })}</Menu.Label>
        <Menu.Item onClick={() => start('csv')}>CSV</Menu.Item>
        <Menu.Item onClick={() => start('ndjson')}>NDJSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
