import { Button, Group } from '@mantine/core';
import { t } from '../i18n/t.js';

interface FormButtonsProps {
  /** A verb: "Create key". */
  submitLabel: string;
  pending: boolean;
  onCancel: () => void;
}

/** The Cancel and submit buttons of a form in a dialog. */
export function FormButtons({ submitLabel, pending, onCancel }: FormButtonsProps) {
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onCancel}>
        {t('Cancel')}
      </Button>
      <Button type="submit" loading={pending}>
        {submitLabel}
      </Button>
    </Group>
  );
}
