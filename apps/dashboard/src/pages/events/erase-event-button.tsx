import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { Eraser } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { useInvalidate } from '../../api/use-invalidate.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { t } from '../../i18n/t.js';

/** Erases the data of an event, after a confirmation. */
export function EraseEventButton({ eventId }: { eventId: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const invalidate = useInvalidate();
  const erasure = api.useMutation('post', '/v1/erasures', { meta: { failureShown: true } });

  function open() {
    erasure.reset();
    setIsOpen(true);
  }

  function close() {
    setIsOpen(false);
    if (erasure.data) invalidate('/v1/events/{id}', '/v1/events/{id}/explain', '/v1/events/{id}/deliveries');
  }

  return (
    <>
      <Button variant="default" leftSection={<Eraser size={16} aria-hidden />} onClick={open}>
        {t('Erase')}
      </Button>
      <Modal opened={isOpen} onClose={close} title={t('Erase this event?')}>
        <Stack>
          <Text role={erasure.data ? 'status' : undefined}>
            {erasure.data
              ? t('Erasure started. It takes a few seconds, or about a minute if the event was just sent.')
              : t(
                  'Its data and what its receivers responded are erased. Pending deliveries are not sent. This cannot be undone.',
                )}
          </Text>
          {erasure.error && <ProblemAlert error={erasure.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {erasure.data ? t('Close') : t('Cancel')}
            </Button>
            {!erasure.data && (
              <Button
                color="red"
                loading={erasure.isPending}
                onClick={() => erasure.mutate({ body: { eventId } })}
              >
                {t('Erase')}
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
