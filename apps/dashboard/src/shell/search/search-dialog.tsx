import { Combobox, Loader, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { api } from '../../api/api.js';
import { useSession } from '../../api/session.js';
import type { components } from '../../generated/api.js';
import { Mono } from '../../components/mono.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { TenantName } from '../../components/tenant-name.js';
import { Time } from '../../components/time.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { byKind, matchLabel, pageOf, SEARCH_KINDS, type SearchResult } from './search-result.js';
import { ResultDetails } from './result-details.js';
import classes from './search-dialog.module.css';
import { t } from '../../i18n/t.js';

type Results = components['schemas']['SearchResults'];

const DEBOUNCE_MS = 150;
/** The limit of the API. */
const MAX_LENGTH = 1024;
/** Of each kind. */
const LIMIT = 20;

/** Searches as the user types, and opens the page of the selected result. A complete ID opens its page at once. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), DEBOUNCE_MS);
  const { tenants } = useSession();
  const selected = useTenantId();
  const { data, error, isFetching, refetch } = api.useQuery(
    'get',
    '/v1/search',
    // A key that is limited to tenants searches one at a time.
    { params: { query: { q, limit: LIMIT, tenantId: tenants === null ? undefined : selected } } },
    { enabled: q !== '' },
  );
  const combobox = useCombobox({ opened: true });
  const open = (result: SearchResult | undefined) => {
    if (!result) return;
    onClose();
    void navigate(pageOf(result));
  };
  const onResults = useEffectEvent((found: Results | undefined) => {
    combobox.selectFirstOption();
    const [result, ...others] = found?.data ?? [];
    if (result?.id === text.trim() && result.matchedBy === 'id' && others.length === 0) open(result);
  });
  useEffect(() => onResults(data), [data]);

  return (
    <Modal
      opened
      onClose={onClose}
      title={t('Search')}
      size="lg"
      centered={false}
      transitionProps={{ duration: 0 }}
    >
      <Combobox
        store={combobox}
        withinPortal={false}
        onOptionSubmit={(index) => open(data?.data[Number(index)])}
      >
        <Combobox.EventsTarget withExpandedAttribute>
          <TextInput
            className={classes.field}
            aria-label={t('Search')}
            placeholder={t('ID, URL, name, idempotency key or payload value')}
            leftSection={<Search size={16} aria-hidden />}
            rightSection={isFetching && <Loader size="xs" />}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
            onKeyDown={({ key }) => key === 'Escape' && onClose()}
            maxLength={MAX_LENGTH}
            spellCheck={false}
            autoComplete="off"
            ref={focus}
            data-autofocus
          />
        </Combobox.EventsTarget>
        <div className={classes.results}>
          {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
          <Combobox.Options aria-label={t('Results')}>
            {data && <Groups results={data.data} />}
          </Combobox.Options>
          <Text size="sm" c="dimmed" role="status" className={classes.note}>
            {noteOf(q, data)}
          </Text>
        </div>
      </Combobox>
    </Modal>
  );
}

/** Focuses the field as soon as it exists: what is typed right after the shortcut belongs to it. */
const focus = (field: HTMLInputElement | null): void => field?.focus();

/** The value of each option is the index of its result. */
function Groups({ results }: { results: readonly SearchResult[] }) {
  return byKind(results).map(({ kind, results: ofKind }) => (
    <Combobox.Group key={kind} label={SEARCH_KINDS[kind].label}>
      {ofKind.map((result) => (
        <Combobox.Option key={result.id} className={classes.option} value={String(results.indexOf(result))}>
          <Result result={result} />
        </Combobox.Option>
      ))}
    </Combobox.Group>
  ));
}

function Result({ result }: { result: SearchResult }) {
  const { kind, id, title, tenantId, createdAt } = result;
  const { icon: Icon } = SEARCH_KINDS[kind];
  return (
    <div className={classes.result}>
      <Icon size={16} aria-hidden />
      <div className={classes.text}>
        <Text size="sm" truncate>
          {title ?? id}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          <ResultDetails result={result} />
          {title !== id && title !== null && <Mono>{id}</Mono>}
          {kind !== 'tenant' && tenantId !== null && (
            <>
              {' · '}
              <TenantName id={tenantId} />
            </>
          )}
        </Text>
      </div>
      <div className={classes.match}>
        <Text size="xs">{matchLabel(result)}</Text>
        <Text size="xs" c="dimmed">
          <Time at={createdAt} relative />
        </Text>
      </div>
    </div>
  );
}

const labelsOf = (kinds: readonly SearchResult['kind'][]): string =>
  kinds.map((kind) => SEARCH_KINDS[kind].label).join(', ');

/** Returns what is found, or what can be searched for. */
function noteOf(q: string, results: Results | undefined): string {
  if (q === '') return t('Enter an ID, URL, name, idempotency key or payload value.');
  if (!results) return '';
  const { data, more, timedOut, searchKeys } = results;
  return [
    data.length === 0
      ? `${t('Nothing found.')} ${searchKeysNote(searchKeys)}`
      : t('{{number}} found.', { number: data.length }),
    more.length > 0 && t('More results in: {{kinds}}.', { kinds: labelsOf(more) }),
    timedOut.length > 0 &&
      t('Search timed out for: {{kinds}}. Try a longer search text.', { kinds: labelsOf(timedOut) }),
  ]
    .filter(Boolean)
    .join(' ');
}

function searchKeysNote(searchKeys: readonly string[]): string {
  if (searchKeys.length === 0) return t('Payloads are not searched: no event type has search keys.');
  return t(
    'Payloads are searched at {{keys}}. Events accepted before a key was declared are not found by it.',
    { keys: searchKeys.join(', ') },
  );
}
