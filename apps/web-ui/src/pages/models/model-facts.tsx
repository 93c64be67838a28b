import { Code, DataList, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatBytes, formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { toFactSheet } from './model-facts.translate';
import type { ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';
import classes from './models.module.css';

/** What the formatter makes of a value that is known. */
function shown<T>(value: T | undefined, format: (value: T) => string): string | undefined {
  return value === undefined ? undefined : format(value);
}

/** The figures of a model in one line: those that decide which one to take. */
export function ModelFigures({ row }: { readonly row: ModelRow }) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const facts = toFactSheet(row);
  const all: readonly (readonly [string, string | undefined])[] = [
    [t('size'), shown(facts.sizeBytes, (bytes) => formatBytes(bytes, language))],
    [t('context'), shown(facts.contextLength, (n) => t('contextTokens', { count: formatNumber(n, language) }))],
    [t('slots'), shown(facts.slots, (count) => t('slotsValue', { count }))],
    [t('host'), facts.hosts.length > 0 ? facts.hosts.join(', ') : undefined],
    [t('quantization'), facts.quantization],
    [t('parameters'), facts.parameters],
  ];
  const figures = all.filter(([, value]) => value !== undefined);
  if (figures.length === 0) return null;
  return (
    <Group gap="lg" component="dl" m={0} className={classes['figures']}>
      {figures.map(([name, value]) => (
        <Group key={name} gap={6} wrap="nowrap">
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" size="sm" m={0}>
            {value}
          </Text>
        </Group>
      ))}
    </Group>
  );
}

function Names({ names }: { readonly names: readonly string[] }) {
  return (
    <Group gap={6}>
      {names.map((name) => (
        <Code key={name}>{name}</Code>
      ))}
    </Group>
  );
}

/** What else is known of a model. */
export function ModelDetails({ row }: { readonly row: ModelRow }) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const facts = toFactSheet(row);
  const abilities: Readonly<Record<string, string>> = {
    completion: t('completion'),
    embedding: t('embedding'),
    tools: t('tools'),
    insert: t('insert'),
    vision: t('vision'),
    thinking: t('thinking'),
  };
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const items: readonly (readonly [string, ReactNode])[] = [
    [t('capabilities'), facts.capabilities.map((ability) => abilities[ability] ?? ability).join(', ')],
    [t('aliases'), facts.aliases.length > 0 && <Names names={facts.aliases} />],
    [t('adapters'), facts.adapters.length > 0 && <Names names={facts.adapters} />],
    [t('family'), facts.family],
    [t('format'), facts.format],
    [t('need'), shown(facts.needBytes, (bytes) => formatBytes(bytes, language))],
    [t('loadTime'), shown(facts.loadMs, (ms) => formatDuration(ms, language))],
    [t('preload'), facts.preload && t('yes')],
    [t('changedAt'), shown(facts.changedAt, (date) => day.format(new Date(date)))],
  ];
  return (
    <DataList size="sm" gap={6} labelWidth="9rem">
      {items.map(
        ([name, value]) =>
          Boolean(value) && (
            <DataList.Item key={name}>
              <DataList.ItemLabel>{name}</DataList.ItemLabel>
              <DataList.ItemValue>{value}</DataList.ItemValue>
            </DataList.Item>
          ),
      )}
    </DataList>
  );
}
