import { Button, EmptyState, Stack } from '@mantine/core';
import { Boxes } from 'lucide-react';
import { useState } from 'react';
import type { EngineStatus } from '@local-llm-agent/contracts';
import { ModelCard } from './model-card';
import { ModelFilter } from './model-filter';
import { filterRows, type ModelRow, type RowFilter } from './model-rows.translate';
import { useModelsTexts } from './models.texts';
import { AddByHand } from './pull-dialog';
import type { PullTarget } from './pull-target.policy';
import classes from './models.module.css';

const EVERYTHING: RowFilter = { place: 'all', text: '' };

interface ModelListProps {
  readonly rows: readonly ModelRow[];
  readonly status: EngineStatus | undefined;
  readonly target: PullTarget;
  readonly onPull: (name: string) => void;
}

function NoModels({ target, onPull }: Pick<ModelListProps, 'target' | 'onPull'>) {
  const t = useModelsTexts();
  return (
    <EmptyState icon={<Boxes aria-hidden />} title={t('noModels')}>
      {target.kind === 'registry' ? (
        <Button onClick={() => onPull('')}>{t('pullAction')}</Button>
      ) : (
        <AddByHand kind={target.kind} />
      )}
    </EmptyState>
  );
}

/** All models, and the means to find one among them. */
export function ModelList({ rows, status, target, onPull }: ModelListProps) {
  const t = useModelsTexts();
  const [filter, setFilter] = useState(EVERYTHING);
  if (rows.length === 0) return <NoModels target={target} onPull={onPull} />;
  const shown = filterRows(rows, filter);
  const heldAs = (id: string): string => rows.find((row) => row.id === id)?.plan?.installedAs ?? id;
  return (
    <Stack>
      <ModelFilter rows={rows} filter={filter} onChange={setFilter} />
      {shown.length === 0 ? (
        <EmptyState title={t('nothingFound')} description={t('nothingFoundWhat')}>
          <Button variant="default" onClick={() => setFilter(EVERYTHING)}>
            {t('showAll')}
          </Button>
        </EmptyState>
      ) : (
        <ul className={classes['list']} aria-label={t('list')}>
          {shown.map((row) => (
            <ModelCard
              key={row.id}
              row={row}
              status={status}
              leaves={row.plan?.leaves.map(heldAs) ?? []}
              onPull={target.kind === 'registry' ? onPull : undefined}
            />
          ))}
        </ul>
      )}
    </Stack>
  );
}
