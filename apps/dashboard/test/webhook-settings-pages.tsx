import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Webhook } from '../src/api/types.js';
import AdvancedFields from '../src/pages/webhooks/form/advanced-fields.js';
import { useWebhookForm } from '../src/pages/webhooks/form/use-webhook-form.js';
import { toFormValues } from '../src/pages/webhooks/form/webhook-form-values.js';
import { RowInput } from '../src/settings/row-input.js';
import type { SettingRow } from '../src/settings/setting-row.js';
import { SettingsDetails } from '../src/pages/webhooks/settings/settings-details.js';

function Form({ webhook }: { webhook: Webhook }) {
  return <AdvancedFields form={useWebhookForm(toFormValues(webhook))} webhook={null} />;
}

const render = (page: ReactNode): string =>
  renderToStaticMarkup(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider>{page}</MantineProvider>
    </QueryClientProvider>,
  );

export const renderForm = (webhook: Webhook): string => render(<Form webhook={webhook} />);

export const renderInput = (row: SettingRow, value: string): string =>
  render(<RowInput row={row} inputProps={() => ({ defaultValue: value, onChange() {} })} />);

export const renderDetails = (webhook: Webhook): string => render(<SettingsDetails webhook={webhook} />);
