import { Text } from '@mantine/core';
import { Mono } from '../../components/mono.js';
import { t } from '../../i18n/t.js';
import type { SchemaField } from './schema-fields.js';
import classes from './schema-tree.module.css';

/** The fields of a schema, with the fields of objects below them. */
export function SchemaTree({ fields }: { fields: readonly SchemaField[] }) {
  return (
    <ul className={classes.fields}>
      {fields.map(({ name, type, isRequired, description, values, fields: below }) => (
        <li key={name}>
          <Mono>{name}</Mono>{' '}
          <Text span size="sm" c="dimmed">
            {[type, isRequired ? t('required') : t('optional')].filter(Boolean).join(' · ')}
          </Text>
          {description !== null && <Text size="sm">{description}</Text>}
          {values !== null && (
            <Text size="sm" c="dimmed">
              {t('Values: {{values}}', { values: values.join(', ') })}
            </Text>
          )}
          {below.length > 0 && <SchemaTree fields={below} />}
        </li>
      ))}
    </ul>
  );
}
