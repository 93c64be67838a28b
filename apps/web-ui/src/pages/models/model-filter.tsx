import { Chip, CloseButton, Group, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { filterRows, type ModelRow, type RowFilter } from './model-rows.translate';
import { useModelsTexts } from './models.texts';

const PLACES = { all: 'all', memory: 'inMemory', installed: 'installed', absent: 'absent' } as const;

interface ModelFilterProps {
  readonly rows: readonly ModelRow[];
  readonly filter: RowFilter;
  readonly onChange: (filter: RowFilter) => void;
}

/** Chooses which models are shown, with how many there are of each kind. */
export function ModelFilter({ rows, filter, onChange }: ModelFilterProps) {
  const t = useModelsTexts();
  const { text } = filter;
  return (
    <Group align="flex-end" gap="md">
      <TextInput
        type="search"
        label={t('search')}
        placeholder={t('searchHint')}
        leftSection={<Search size={16} aria-hidden />}
        rightSection={
          text !== '' && (
            <CloseButton size="sm" aria-label={t('clearSearch')} onClick={() => onChange({ ...filter, text: '' })} />
          )
        }
        value={text}
        onChange={(event) => onChange({ ...filter, text: event.currentTarget.value })}
        flex="1 1 16rem"
      />
      <Chip.Group multiple={false} value={filter.place} onChange={(place) => onChange({ ...filter, place })}>
        <Group gap={6} role="radiogroup" aria-label={t('filter')}>
          {(Object.keys(PLACES) as (keyof typeof PLACES)[]).map((place) => (
            <Chip key={place} value={place} size="sm">
              {t(PLACES[place], { count: filterRows(rows, { text, place }).length })}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </Group>
  );
}
