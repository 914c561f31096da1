import { Alert, Text } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import classes from './problem-alert.module.css';

/** What is wrong with a form and belongs to none of its fields: the rest of `useFormErrors`. */
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
