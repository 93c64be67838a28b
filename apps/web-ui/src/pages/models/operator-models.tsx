import { Button, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { EngineStatus, ModelPlans } from '@local-llm-agent/contracts';
import { refreshModels, useInstalledModels } from '../../api/model-management.api';
import type { ApiFailure } from '../../api/http.client';
import { FailureNotice } from '../../components/failure-notice';
import { ViewTitle } from '../../components/view-title';
import { MemoryPanel } from './memory-panel';
import { ModelList } from './model-list';
import { residencyOf, toModelRows } from './model-rows.translate';
import { useModelsTexts } from './models.texts';
import { PullDialog } from './pull-dialog';
import { PullList } from './pull-list';
import { pullTarget } from './pull-target.policy';

/** What a load would mean depends on what is in memory: it is asked for again whenever that changes. */
function useFreshPlans(status: EngineStatus | undefined): void {
  const queries = useQueryClient();
  const residency = status && residencyOf(status);
  useEffect(() => {
    if (residency !== undefined) refreshModels(queries);
  }, [queries, residency]);
}

interface OperatorModelsProps {
  readonly plans: ModelPlans;
  readonly status: EngineStatus | undefined;
  /** Why there is nothing newer to show. */
  readonly failure: ApiFailure | undefined;
}

/** The models of a caller who manages them. */
export function OperatorModels({ plans, status, failure }: OperatorModelsProps) {
  const t = useModelsTexts();
  const { data: tags } = useInstalledModels();
  const [pulling, setPulling] = useState<string>();
  useFreshPlans(status);
  const target = pullTarget(status?.runtimes ?? []);
  const rows = toModelRows({ plans, tags, status });
  return (
    <Stack gap="lg">
      <ViewTitle
        title={t('title')}
        about={t('about')}
        actions={
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setPulling('')} disabled={!status}>
            {t(target.kind === 'registry' ? 'pullAction' : 'addModel')}
          </Button>
        }
      />
      {failure && (
        <Stack gap="xs">
          <FailureNotice error={failure} />
          <Text size="sm">{t('staleTitle')}</Text>
        </Stack>
      )}
      {status && <MemoryPanel status={status} />}
      <PullList />
      <ModelList rows={rows} status={status} target={target} onPull={setPulling} />
      <PullDialog name={pulling} target={target} onClose={() => setPulling(undefined)} />
    </Stack>
  );
}
