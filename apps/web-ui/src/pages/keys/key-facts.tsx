import type { ApiKey } from '@local-llm-agent/contracts';
import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import { useLanguage } from '../../i18n/i18n';
import { formatAge, formatNumber } from '../../i18n/format';
import { useKey } from '../../session/key.store';
import { isKeyOf, keyStateOf, type KeyState } from './key-state.policy';
import { useNow } from './now.hook';
import { useKeysTexts, type KeysTranslate } from './keys.texts';

const ENDED = { active: 'green', expired: 'gray.6', revoked: 'gray.6' } as const;
/** An end that is farther away is told as a date. */
const FAR_DAYS = 90;

function stateText(state: KeyState, end: string, t: KeysTranslate): string {
  if (state.kind !== 'expires') return t(state.kind);
  if (state.days > FAR_DAYS) return t('expiresOn', { date: end });
  return state.days === 0 ? t('expiresToday') : t('expiresIn', { count: state.days });
}

/** How the key is, in a word. */
export function KeyStateBadge({ apiKey }: { readonly apiKey: ApiKey }) {
  const t = useKeysTexts();
  const [language] = useLanguage();
  const state = keyStateOf(apiKey, useNow());
  const end = new Date(apiKey.expiresAt ?? 0).toLocaleDateString(language, { dateStyle: 'medium' });
  const color = state.kind === 'expires' ? (state.soon ? 'yellow' : 'green') : ENDED[state.kind];
  return (
    <Badge variant="dot" color={color} tt="none" miw="max-content" title={apiKey.expiresAt ?? undefined}>
      {stateText(state, end, t)}
    </Badge>
  );
}

/** How long ago the key was used last; the minute itself is in its title. */
export function KeyLastUse({ apiKey: { lastUsedAt } }: { readonly apiKey: ApiKey }) {
  const t = useKeysTexts();
  const [language] = useLanguage();
  const now = useNow();
  if (lastUsedAt === null)
    return (
      <Text size="sm" c="dimmed">
        {t('neverUsed')}
      </Text>
    );
  const moment = new Date(lastUsedAt);
  return (
    <Text
      component="time"
      size="sm"
      dateTime={lastUsedAt}
      title={moment.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })}
    >
      {formatAge(now - moment.getTime(), language)}
    </Text>
  );
}

/** What people call the key, how it begins, and whether this page uses it. */
export function KeyName({ apiKey }: { readonly apiKey: ApiKey }) {
  const t = useKeysTexts();
  const [language] = useLanguage();
  const own = useKey(({ key }) => isKeyOf(key, apiKey));
  const now = useNow();
  const { previousUntil } = apiKey;
  return (
    <Stack gap={2} align="flex-start">
      <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
        {apiKey.name}
      </Text>
      <Text size="xs" ff="monospace" c="dimmed">
        {apiKey.prefix}…
      </Text>
      {own && (
        <Badge size="sm" variant="light" tt="none" miw="max-content">
          {t('yours')}
        </Badge>
      )}
      {previousUntil !== null && Date.parse(previousUntil) > now && (
        <Text size="xs" c="dimmed">
          {t('previousUntil', { time: new Date(previousUntil).toLocaleString(language) })}
        </Text>
      )}
    </Stack>
  );
}

/** A list of names, or that all are meant. */
export function Names({ names }: { readonly names: readonly string[] | null }) {
  const t = useKeysTexts();
  if (names === null)
    return (
      <Text size="sm" c="dimmed">
        {t('all')}
      </Text>
    );
  return (
    <Group gap={4}>
      {names.map((name) => (
        <Badge
          key={name}
          variant="default"
          tt="none"
          size="sm"
          miw={name.length > 24 ? undefined : 'max-content'}
          maw={220}
          title={name}
        >
          {name}
        </Badge>
      ))}
    </Group>
  );
}

/** The limits of the key's own, one a line. */
export function KeyLimits({ apiKey }: { readonly apiKey: ApiKey }) {
  const t = useKeysTexts();
  const [language] = useLanguage();
  const { requestsPerMinute, tokensPerMinute, concurrency } = apiKey;
  const rows = [
    [requestsPerMinute, 'noRequestLimit', 'perMinute'],
    [tokensPerMinute, 'noTokenLimit', 'tokensPerMinuteShort'],
    [concurrency, 'noConcurrencyLimit', 'atOnce'],
  ] as const;
  const lines = rows.flatMap(([value, none, some]) => {
    if (value === null) return [];
    return [value === 0 ? t(none) : t(some, { count: formatNumber(value, language) })];
  });
  if (lines.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t('byTier')}
      </Text>
    );
  return lines.map((line) => (
    <Text key={line} size="sm">
      {line}
    </Text>
  ));
}

interface KeyBudgetProps {
  readonly apiKey: ApiKey;
  /** Tokens of this month; undefined while that is not known. */
  readonly used: number | undefined;
}

/** The tokens of this month against those that the key has. */
export function KeyBudget({ apiKey, used }: KeyBudgetProps) {
  const t = useKeysTexts();
  const [language] = useLanguage();
  const most = apiKey.tokensPerMonth ?? 0;
  if (used === undefined) return <Text size="sm">{most === 0 ? t('noLimit') : formatNumber(most, language)}</Text>;
  if (most === 0) return <Text size="sm">{t('used', { used: formatNumber(used, language) })}</Text>;
  const share = Math.min(100, Math.round((100 * used) / most));
  return (
    <Stack gap={4} miw={120}>
      <Text size="sm">{t('usedOf', { used: formatNumber(used, language), most: formatNumber(most, language) })}</Text>
      <Progress
        value={share}
        color={share >= 100 ? 'red' : share >= 80 ? 'yellow' : 'blue'}
        aria-label={t('usedShare', { name: apiKey.name, share })}
      />
    </Stack>
  );
}
