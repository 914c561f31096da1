import { Alert, Text } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import classes from './problem-alert.module.css';

/** Shows errors that match no field: the result of `useFormErrors`. */
export function FormErrorAlert({ errors }: { errors: readonly string[] }) {
  if (errors.length === 0) return null;
  return (
    <Alert
      classNames={{ root: classes.alert, icon: classes.icon }}
      icon={<CircleAlert size={18} aria-hidden />}
      role="alert"
    >
      {errors.map((error) => (
        <Text key={error}>{error}</Text>
      ))}
    </Alert>
  );
}
