import { ActionIcon, Button, Group, Input, Stack, Text, TextInput } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { Mono } from '../../../components/mono.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

interface HeadersInputProps {
  form: WebhookForm;
  /** Names of the current headers. */
  names: readonly string[];
}

const LABEL = t('Headers');
const DESCRIPTION = t(
  'Added to every request after validation, such as an API key. Values are stored encrypted.',
);

/** Custom request headers. A webhook does not contain their values, so the user can only replace all of them. */
export function HeadersInput({ form, names }: HeadersInputProps) {
  const { headers } = form.values;
  return (
    <Input.Wrapper label={LABEL} description={DESCRIPTION} error={form.errors['headers']} labelElement="div">
      {headers === null ? (
        <Group gap="sm" mt={6}>
          {names.map((name) => (
            <Mono key={name}>{name}</Mono>
          ))}
          <Button
            variant="default"
            size="xs"
            onClick={() =>
              form.setFieldValue(
                'headers',
                names.map((name) => ({ name, value: '' })),
              )
            }
          >
            {t('Replace headers')}
          </Button>
        </Group>
      ) : (
        <Stack gap={6} mt={6} align="flex-start">
          {headers.map((_, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows have no other identity
            <HeaderRow key={index} form={form} index={index} />
          ))}
          <Group gap="xs">
            <Button
              variant="default"
              size="xs"
              leftSection={<Plus size={14} aria-hidden />}
              onClick={() => form.insertListItem('headers', { name: '', value: '' })}
            >
              {t('Add header')}
            </Button>
            {names.length > 0 && (
              <Button
                variant="subtle"
                size="xs"
                color="gray"
                onClick={() => form.setFieldValue('headers', null)}
              >
                {t('Keep current headers')}
              </Button>
            )}
          </Group>
          {names.length > 0 && (
            <Text size="xs" c="dimmed">
              {t('Saving replaces all headers. Enter all values again.')}
            </Text>
          )}
        </Stack>
      )}
    </Input.Wrapper>
  );
}

function HeaderRow({ form, index }: { form: WebhookForm; index: number }) {
  return (
    <Group gap={6} wrap="nowrap" align="flex-start" w="100%">
      <TextInput
        flex={2}
        miw={0}
        aria-label={t('Header {{number}} name', { number: index + 1 })}
        placeholder="x-api-version"
        spellCheck={false}
        autoCapitalize="off"
        {...form.getInputProps(`headers.${index}.name`)}
      />
      <TextInput
        flex={3}
        miw={0}
        aria-label={t('Header {{number}} value', { number: index + 1 })}
        placeholder="2026-01"
        spellCheck={false}
        autoComplete="off"
        {...form.getInputProps(`headers.${index}.value`)}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        size={36}
        aria-label={t('Remove header {{number}}', { number: index + 1 })}
        onClick={() => form.removeListItem('headers', index)}
      >
        <X size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}
