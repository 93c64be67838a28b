import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core';
import { ChartColumn } from 'lucide-react';
import { useState } from 'react';
import { useUsage, useUsageCsv, type UsageTerms } from '../../api/usage-report.api';
import { FailureNotice } from '../../components/failure-notice';
import { UsageOffNotice } from '../../components/usage-off-notice';
import { useNow } from './now.hook';
import { UsageChart } from './usage-chart';
import { UsageFilter } from './usage-filter';
import { areDays, daysOf, type Days, type Range } from './usage-range.policy';
import { barsOf, type Group } from './usage-rows.translate';
import { UsageTable } from './usage-table';
import { useUsageTexts } from './usage.texts';

/** Hands a file to the browser as if a link had led to it. */
function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

function Nothing() {
  const t = useUsageTexts();
  return (
    <Alert color="blue" variant="light" title={t('none')} icon={<ChartColumn aria-hidden />}>
      <Stack align="flex-start">
        <Text size="sm">{t('noneWhy')}</Text>
        <Button component="a" href="#/connect" variant="default">
          {t('toConnect')}
        </Button>
      </Stack>
    </Alert>
  );
}

function Report({ terms }: { readonly terms: UsageTerms & { readonly groupBy: Group } }) {
  const t = useUsageTexts();
  const { data, error, refetch } = useUsage(terms);
  if (error) return <FailureNotice error={error} onRetry={() => void refetch()} />;
  // What is still shown of the question before is grouped by something else.
  if (data?.groupBy[0] !== terms.groupBy)
    return (
      <Stack aria-busy="true" role="status" aria-label={t('loading')}>
        <Skeleton height={260} />
        <Skeleton height={160} />
      </Stack>
    );
  if (data.data.length === 0) return data.recording ? <Nothing /> : <UsageOffNotice before={false} />;
  const bars = barsOf(data.data, terms.groupBy, data, t('unknown'));
  return (
    <>
      {!data.recording && <UsageOffNotice before />}
      <UsageChart bars={bars} group={terms.groupBy} />
      <UsageTable report={data} group={terms.groupBy} />
    </>
  );
}

/** How much was used, by whom and of what. */
export default function UsagePanel() {
  const [range, setRange] = useState<Range>('days30');
  const [own, setOwn] = useState<Days>(() => daysOf('own', Date.now()));
  const [group, setGroup] = useState<Group>('day');
  const { mutate, isPending, error } = useUsageCsv();
  const now = useNow();
  const days = range === 'own' ? own : daysOf(range, now);
  const inOrder = areDays(days);
  const terms = { from: days.from, to: days.to, groupBy: group };
  const download = (): void =>
    mutate(terms, { onSuccess: (csv) => saveFile(csv, `usage-${terms.from}-${terms.to}-${group}.csv`) });
  return (
    <Stack>
      <UsageFilter
        {...{ range, setRange, group, setGroup, days, inOrder, download }}
        setDays={setOwn}
        downloading={isPending}
      />
      {error && <FailureNotice error={error} />}
      {inOrder && <Report terms={terms} />}
    </Stack>
  );
}
