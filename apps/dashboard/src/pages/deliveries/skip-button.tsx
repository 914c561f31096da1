import { type ButtonProps, Stack, Text } from '@mantine/core';
import { api } from '../../api/api.js';
import { ConfirmButton } from '../../components/confirm-button.js';
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
  const skip = api.useMutation('post', '/v1/deliveries/{id}/skip', {
    meta: { failureShown: true, success: t('Delivery skipped') },
    onSuccess: useUpdateDelivery(),
  });
  return (
    <ConfirmButton
      label={t('Skip')}
      button={button}
      title={t('Skip this delivery?')}
      confirmLabel={t('Skip delivery')}
      danger
      onConfirm={(options) => skip.mutate({ params: { path: { id } } }, options)}
      mutation={skip}
    >
      <Stack gap="xs">
        <Text>{t('The receiver will not get this event.')}</Text>
        <Text>
          {waiting === undefined
            ? t('The deliveries that wait for it follow in their order.')
            : t('Deliveries that wait for it and follow in their order: {{waiting}}.', { waiting })}
        </Text>
      </Stack>
    </ConfirmButton>
  );
}
