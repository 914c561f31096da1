import { ColorInput, Input, NumberInput, SegmentedControl, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useFormErrors } from '../../api/use-form-errors.js';
import type { components } from '../../generated/api.js';
import { FormButtons } from '../../components/form-buttons.js';
import { FormErrorAlert } from '../../components/form-error-alert.js';

type PortalLinkOptions = Omit<components['schemas']['CreatePortalLink'], 'tenantId'>;

interface PortalLinkFormProps {
  onSubmit: (options: PortalLinkOptions) => void;
  onCancel: () => void;
  pending: boolean;
  error: unknown;
}

const FIELDS = ['expiresInMinutes', 'theme.accentColor', 'theme.logoUrl'];
const MINUTES = { least: 5, usual: 60, most: 1440 };

const SCHEMES = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

const COLORS = ['#4f53e0', '#0b7285', '#2b8a3e', '#e8590c', '#c2255c', '#212529'];

export default function PortalLinkForm({ onSubmit, onCancel, pending, error }: PortalLinkFormProps) {
  const form = useForm<{
    expiresInMinutes: number | string;
    readOnly: boolean;
    theme: { accentColor: string; logoUrl: string; colorScheme: (typeof SCHEMES)[number]['value'] };
  }>({
    initialValues: {
      expiresInMinutes: MINUTES.usual,
      readOnly: false,
      theme: { accentColor: '', logoUrl: '', colorScheme: 'auto' },
    },
    validate: {
      expiresInMinutes: (minutes) =>
        typeof minutes === 'number' && minutes >= MINUTES.least && minutes <= MINUTES.most
          ? null
          : `from ${MINUTES.least} to ${MINUTES.most}`,
    },
  });
  const formErrors = useFormErrors(form, error, FIELDS);
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ expiresInMinutes, readOnly, theme }) =>
        onSubmit({
          expiresInMinutes: Number(expiresInMinutes),
          readOnly,
          theme: {
            colorScheme: theme.colorScheme,
            ...(theme.accentColor !== '' && { accentColor: theme.accentColor }),
            ...(theme.logoUrl.trim() !== '' && { logoUrl: theme.logoUrl.trim() }),
          },
        }),
      )}
    >
      <Stack>
        <NumberInput
          label="It works for"
          description="And no longer than you are signed in."
          suffix=" minutes"
          allowNegative={false}
          allowDecimal={false}
          data-autofocus
          {...form.getInputProps('expiresInMinutes')}
        />
        <Switch
          label="Read only"
          description="They see their webhooks, events and deliveries, and change nothing."
          {...form.getInputProps('readOnly', { type: 'checkbox' })}
        />
        <ColorInput
          label="Accent colour"
          placeholder="Posthorn's"
          format="hex"
          swatches={COLORS}
          eyeDropperButtonProps={{ 'aria-label': 'Take a colour from the screen' }}
          {...form.getInputProps('theme.accentColor')}
        />
        <TextInput
          label="Logo"
          type="url"
          placeholder="https://example.com/logo.svg"
          description="An image, 28 pixels high"
          maxLength={2048}
          spellCheck={false}
          {...form.getInputProps('theme.logoUrl')}
        />
        <Input.Wrapper label="Colours" labelElement="div">
          <SegmentedControl
            aria-label="Colours"
            fullWidth
            data={[...SCHEMES]}
            {...form.getInputProps('theme.colorScheme')}
          />
        </Input.Wrapper>
        <FormErrorAlert errors={formErrors} />
        <FormButtons submitLabel="Make the link" pending={pending} onCancel={onCancel} />
      </Stack>
    </form>
  );
}
