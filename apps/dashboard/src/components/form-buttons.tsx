import { Button, Group } from '@mantine/core';

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
        Cancel
      </Button>
      <Button type="submit" loading={pending}>
        {submitLabel}
      </Button>
    </Group>
  );
}
