import { NumberInput, type NumberInputProps } from '@mantine/core';

/** For how many days payloads and history of a tenant or an event type are kept. Empty inputs mean the retention of the installation. */
export const RetentionInputs = ({ inputProps }: { inputProps: (name: string) => NumberInputProps }) => (
  <>
    <DaysInput
      label="Payload retention"
      description="Days for which payloads are kept. 0 = until all deliveries are settled. Empty = as long as the installation keeps them."
      {...inputProps('retention.payloadDays')}
    />
    <DaysInput
      label="History retention"
      description="Days for which deliveries and attempts are kept; payloads are kept no longer. Empty = as long as the installation keeps them. At most two values are in use at a time."
      {...inputProps('retention.historyDays')}
    />
  </>
);

const DaysInput = (props: NumberInputProps) => (
  <NumberInput allowNegative={false} allowDecimal={false} suffix=" days" {...props} />
);
