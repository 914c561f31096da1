import { TENANT_SETTINGS } from '../../generated/settings.js';
import { RowInput, type RowInputExtras } from '../../settings/row-input.js';
import { TENANT_COLUMNS, type TenantForm, type TenantSetting } from './tenant-form-values.js';

/** The settings that `EmailFields` has. */
const OF_EMAILS = new Set<TenantSetting>(['contactEmail', 'locale', 'timeZone']);

/** What the table does not have. */
const EXTRAS: Partial<Record<TenantSetting, RowInputExtras>> = {
  externalId: { maxLength: 255 },
  metadata: { placeholder: '{ "plan": "enterprise" }' },
};

/** What the operator keeps about a tenant for its own use. */
export const OwnFields = ({ form }: { form: TenantForm }) =>
  TENANT_COLUMNS.filter((name) => !OF_EMAILS.has(name)).map((name) => (
    <RowInput
      key={name}
      row={TENANT_SETTINGS[name]}
      inputProps={(options) => form.getInputProps(name, options)}
      {...EXTRAS[name]}
    />
  ));
