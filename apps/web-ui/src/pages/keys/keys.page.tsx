import { Skeleton, Tabs } from '@mantine/core';
import { ChartColumn, KeyRound } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useAppTexts } from '../../app.texts';
import { ViewTitle } from '../../components/view-title';
import { KeysPanel } from './keys-panel';
import { useKeysTexts } from './keys.texts';

/** It brings the charts, which are larger than all the rest of this view. */
const UsagePanel = lazy(() => import('./usage-panel'));

/** Keys and what was used with them. */
export default function KeysPage() {
  const app = useAppTexts();
  const t = useKeysTexts();
  return (
    <>
      <ViewTitle title={app('keys')} about={t('about')} />
      <Tabs defaultValue="keys" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="keys" leftSection={<KeyRound size={16} aria-hidden />}>
            {t('tabKeys')}
          </Tabs.Tab>
          <Tabs.Tab value="usage" leftSection={<ChartColumn size={16} aria-hidden />}>
            {t('tabUsage')}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys">
          <KeysPanel />
        </Tabs.Panel>
        <Tabs.Panel value="usage">
          <Suspense fallback={<Skeleton height={320} aria-busy="true" />}>
            <UsagePanel />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
