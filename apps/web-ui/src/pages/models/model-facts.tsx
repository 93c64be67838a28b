import { Code, DataList, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatBytes, formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import type { ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';

/** The figures of a model in one line: those that decide which one to take. */
export function ModelFigures({ row }: { readonly row: ModelRow }) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const { plan, tag } = row;
  const resident = row.residents[0];
  const contextLength = resident?.contextLength ?? plan?.contextLength;
  const slots = resident?.slots ?? plan?.slots;
  const hosts = plan && plan.runtimes.length > 0 ? plan.runtimes : row.residents.map(({ runtime }) => runtime);
  const figures: readonly (readonly [string, string | undefined])[] = [
    [t('size'), tag && tag.size > 0 ? formatBytes(tag.size, language) : undefined],
    [t('context'), contextLength ? t('contextTokens', { count: formatNumber(contextLength, language) }) : undefined],
    [t('slots'), slots ? t('slotsValue', { count: slots }) : undefined],
    [t('host'), hosts.join(', ') || undefined],
    [t('quantization'), tag?.details.quantization_level || undefined],
    [t('parameters'), tag?.details.parameter_size || undefined],
  ];
  if (figures.every(([, value]) => value === undefined)) return null;
  return (
    <Group gap="lg" component="dl" m={0}>
      {figures.map(
        ([name, value]) =>
          value !== undefined && (
            <Group key={name} gap={6} wrap="nowrap">
              <Text component="dt" size="sm" c="dimmed">
                {name}
              </Text>
              <Text component="dd" size="sm" m={0}>
                {value}
              </Text>
            </Group>
          ),
      )}
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
  const { plan, tag } = row;
  const abilities: Readonly<Record<string, string>> = {
    completion: t('completion'),
    embedding: t('embedding'),
    tools: t('tools'),
    insert: t('insert'),
    vision: t('vision'),
    thinking: t('thinking'),
  };
  const can = plan?.capabilities.map((ability) => abilities[ability] ?? ability) ?? [];
  const date = tag && new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(tag.modified_at));
  const items: readonly (readonly [string, ReactNode])[] = [
    [t('capabilities'), can.join(', ')],
    [t('aliases'), plan && plan.aliases.length > 0 && <Names names={plan.aliases} />],
    [t('adapters'), plan && plan.adapters.length > 0 && <Names names={plan.adapters} />],
    [t('family'), tag?.details.families.join(', ') || tag?.details.family],
    [t('format'), tag?.details.format],
    [t('need'), plan?.needBytes ? formatBytes(plan.needBytes, language) : undefined],
    [t('loadTime'), plan?.loadMs ? formatDuration(plan.loadMs, language) : undefined],
    [t('preload'), plan?.preload ? t('yes') : undefined],
    [t('changedAt'), date],
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
