import { Center, Loader } from '@mantine/core';

export function RoutePending() {
  return (
    <Center py={96} role="status" aria-label="Loading">
      <Loader size="sm" />
    </Center>
  );
}
