import type { RecordedRequest } from '@local-llm-agent/contracts';
import { Select, SimpleGrid } from '@mantine/core';
import type { RequestFilter } from '../../api/activity.api';
import { useActivityTexts } from './activity.texts';

interface Option {
  readonly value: string;
  readonly label: string;
}

function optionsOf(options: readonly Option[], chosen: string | undefined): Option[] {
  const all = chosen === undefined ? options : [...options, { value: chosen, label: chosen }];
  return [...new Map(all.toReversed().map((option) => [option.value, option])).values()].toReversed();
}

interface RequestFiltersProps {
  readonly filter: RequestFilter;
  readonly setFilter: (filter: RequestFilter) => void;
  /** Requests whose callers and models can be chosen. */
  readonly known: readonly RecordedRequest[];
}

/** Chooses whose requests are shown, for which model, and how they ended. */
export function RequestFilters({ filter, setFilter, known }: RequestFiltersProps) {
  const t = useActivityTexts();
  const set = (name: keyof RequestFilter, value: string | null): void => {
    const { [name]: _, ...others } = filter;
    setFilter(value === null ? others : { ...others, [name]: value });
  };
  const callers = known.map(({ key, keyName }) => ({ value: key, label: keyName ?? key }));
  const models = known.flatMap(({ model }) => (model === null ? [] : [{ value: model, label: model }]));
  const outcomes = [
    { value: 'ok', label: t('outcomeOk') },
    { value: 'failed', label: t('outcomeFailed') },
    { value: 'client_left', label: t('clientLeft') },
  ];
  const common = { size: 'sm', clearable: true, comboboxProps: { withinPortal: true } } as const;
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
      <Select
        {...common}
        label={t('caller')}
        placeholder={t('everyone')}
        data={optionsOf(callers, filter.key)}
        value={filter.key ?? null}
        onChange={(value) => set('key', value)}
      />
      <Select
        {...common}
        label={t('model')}
        placeholder={t('everyModel')}
        data={optionsOf(models, filter.model)}
        value={filter.model ?? null}
        onChange={(value) => set('model', value)}
      />
      <Select
        {...common}
        label={t('outcome')}
        placeholder={t('everyOutcome')}
        data={outcomes}
        value={filter.outcome ?? null}
        onChange={(value) => set('outcome', value)}
      />
    </SimpleGrid>
  );
}
