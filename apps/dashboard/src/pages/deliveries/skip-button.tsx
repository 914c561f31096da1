import { type ButtonProps, Stack, Text } from '@mantine/core';
import { client } from '../../api/api.js';
import { ActionButton } from '../../components/action.js';
import { useUpdateDelivery } from './use-update-delivery.js';
import { t } from '../../i18n/t.js';

interface SkipButtonProps {
  deliveryId: string;
  /** How many deliveries wait for it, if known. */
  waiting?: string;
  button?: ButtonProps;
}

/** Skips a delivery in order, after confirmation. */
export function SkipButton({ deliveryId: id, waiting, button }: SkipButtonProps) {
  return (
    <ActionButton
      short={t('Skip')}
      button={button}
      title={t('Skip this delivery?')}
      text={
        <Stack gap="xs">
          <Text>{t('The receiver will not get this event.')}</Text>
          <Text>
            {waiting === undefined
              ? t('The deliveries that wait for it follow in their order.')
              : t('Deliveries that wait for it and follow in their order: {{waiting}}.', { waiting })}
          </Text>
        </Stack>
      }
      label={t('Skip delivery')}
      danger
      run={() => client.POST('/v1/deliveries/{id}/skip', { params: { path: { id } } })}
      done={t('Delivery skipped')}
      onDone={useUpdateDelivery()}
    />
  );
}
