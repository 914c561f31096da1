import '../../../theme/mantine-color-swatch.css';
import '../../../theme/mantine-color.css';
import { ColorInput, Input, NumberInput, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { api } from '../../../api/api.js';
import { useSession } from '../../../api/session.js';
import { ModalForm } from '../../../components/modal-form.js';
import { ROLE_OPTIONS, type Role } from '../../../components/roles.js';
import { isLanguage, LANGUAGE_OPTIONS } from '../languages.js';
import { PortalLinkResult } from './portal-link-result.js';

interface PortalLinkFormProps {
  tenantId: string;
  onClose: () => void;
}

const FIELDS = [
  'expiresInMinutes',
  'parentOrigins',
  'theme.productName',
  'theme.accentColor',
  'theme.logoUrl',
];
const MINUTES = { min: 5, default: 60, max: 1440 };

const SCHEMES = [
  { value: 'auto', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

const COLORS = ['#4f53e0', '#0b7285', '#2b8a3e', '#e8590c', '#c2255c', '#212529'];

const PORTAL_ROLES: Record<Role, string> = {
  viewer: "Users view webhooks, events and deliveries, but can't change anything.",
  operator: 'Users also retry and replay deliveries, and suspend and test webhooks.',
  admin: 'Users also create, edit and delete webhooks.',
};

interface PortalLinkValues {
  expiresInMinutes: number | string;
  role: Role;
  language: string | null;
  /** Separated by commas or spaces. */
  parentOrigins: string;
  theme: {
    productName: string;
    accentColor: string;
    logoUrl: string;
    colorScheme: (typeof SCHEMES)[number]['value'];
  };
}

const INITIAL_VALUES: PortalLinkValues = {
  expiresInMinutes: MINUTES.default,
  role: 'admin',
  language: null,
  parentOrigins: '',
  theme: { productName: '', accentColor: '', logoUrl: '', colorScheme: 'auto' },
};

/** Creates a link, then shows it. */
export default function PortalLinkForm({ tenantId, onClose }: PortalLinkFormProps) {
  const isPerson = useSession().holder.kind === 'person';
  const create = api.useMutation('post', '/v1/portal-links', {
    meta: { failureShown: true, invalidates: ['/v1/portal-links', '/v1/tenants/{id}'] },
  });
  const form = useForm<PortalLinkValues>({
    initialValues: INITIAL_VALUES,
    validate: {
      expiresInMinutes: (minutes) =>
        typeof minutes === 'number' && minutes >= MINUTES.min && minutes <= MINUTES.max
          ? null
          : `Enter ${MINUTES.min} to ${MINUTES.max} minutes.`,
    },
  });
  if (create.data) {
    const { parentOrigins = [] } = create.variables.body;
    return <PortalLinkResult link={create.data} isEmbeddable={parentOrigins.length > 0} />;
  }
  return (
    <ModalForm
      form={form}
      fields={FIELDS}
      mutation={create}
      submitLabel="Create link"
      onCancel={onClose}
      onSubmit={form.onSubmit((values) => create.mutate({ body: { tenantId, ...toBody(values) } }))}
    >
      <NumberInput
        label="Expires after"
        description={
          isPerson
            ? 'The link also ends when you lose your access.'
            : 'The link also expires when your session does.'
        }
        suffix=" minutes"
        allowNegative={false}
        allowDecimal={false}
        data-autofocus
        {...form.getInputProps('expiresInMinutes')}
      />
      <TextInput
        label="Origins that embed the portal"
        description="The pages of your app, separated by commas. Needed only for embedding."
        placeholder="https://app.example.com"
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps('parentOrigins')}
      />
      <Select
        label="Role"
        description={PORTAL_ROLES[form.values.role]}
        data={ROLE_OPTIONS}
        allowDeselect={false}
        {...form.getInputProps('role')}
      />
      <Select
        label="Language"
        placeholder="Browser language"
        data={LANGUAGE_OPTIONS}
        clearable
        {...form.getInputProps('language')}
      />
      <ThemeFields form={form} />
    </ModalForm>
  );
}

function ThemeFields({ form }: { form: UseFormReturnType<PortalLinkValues> }) {
  return (
    <>
      <TextInput
        label="Product name"
        placeholder="Webhooks"
        maxLength={60}
        {...form.getInputProps('theme.productName')}
      />
      <ColorInput
        label="Accent color"
        placeholder="Default"
        format="hex"
        swatches={COLORS}
        eyeDropperButtonProps={{ 'aria-label': 'Pick a color from the screen' }}
        {...form.getInputProps('theme.accentColor')}
      />
      <TextInput
        label="Logo URL"
        type="url"
        placeholder="https://example.com/logo.svg"
        description="Shown 28 pixels high."
        maxLength={2048}
        spellCheck={false}
        {...form.getInputProps('theme.logoUrl')}
      />
      <Input.Wrapper label="Theme" labelElement="div">
        <SegmentedControl
          aria-label="Theme"
          fullWidth
          data={[...SCHEMES]}
          {...form.getInputProps('theme.colorScheme')}
        />
      </Input.Wrapper>
    </>
  );
}

function toBody({ expiresInMinutes, role, language, parentOrigins, theme }: PortalLinkValues) {
  const { productName, accentColor, logoUrl, colorScheme } = theme;
  const origins = parentOrigins.split(/[\s,]+/).filter((origin) => origin !== '');
  return {
    expiresInMinutes: Number(expiresInMinutes),
    role,
    ...(isLanguage(language) && { language }),
    ...(origins.length > 0 && { parentOrigins: origins }),
    theme: {
      colorScheme,
      ...(productName.trim() !== '' && { productName: productName.trim() }),
      ...(accentColor !== '' && { accentColor }),
      ...(logoUrl.trim() !== '' && { logoUrl: logoUrl.trim() }),
    },
  };
}
