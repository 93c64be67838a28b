import type { DecisionStatus } from '@local-llm-agent/contracts';
import { Button, Group, Text } from '@mantine/core';
import { ArrowDownToLine, ArrowUpFromLine, Ban } from 'lucide-react';
import { memo, useState } from 'react';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { useCauseWords } from './cause-words.hook';
import { DataTable } from './data-table';
import { formatMoment } from './moment.format';
import { Panel } from './panel';

const FIRST_ROWS = 8;
const ICONS = { load: ArrowDownToLine, unload: ArrowUpFromLine, refuse: Ban };

function What({ what, count }: Pick<DecisionStatus, 'what' | 'count'>) {
  const t = useActivityTexts();
  const Icon = ICONS[what];
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={16} aria-hidden />
      {t(what)}
      {count > 1 && ` (${t('times', { count })})`}
    </Group>
  );
}

/** What the scheduler decided, and why; what a runtime said is in English. */
export const DecisionsPanel = memo(function DecisionsPanel({
  decisions,
}: {
  readonly decisions: readonly DecisionStatus[];
}) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const wordsOf = useCauseWords();
  const [all, setAll] = useState(false);
  const shown = all ? decisions : decisions.slice(0, FIRST_ROWS);
  return (
    <Panel title={t('decisions')}>
      {decisions.length === 0 ? (
        <Text size="sm">{t('noDecisions')}</Text>
      ) : (
        <DataTable
          label={t('decisions')}
          minWidth={560}
          columns={[t('time'), t('what'), t('model'), t('reason')]}
          rows={shown.map(({ time, what, model, runtime, count, reason, cause }) => ({
            key: `${time} ${what} ${runtime}/${model}`,
            cells: [
              formatMoment(time, language),
              <What key="what" what={what} count={count} />,
              model,
              wordsOf(cause) ?? (
                <span key="reason" lang="en">
                  {reason}
                </span>
              ),
            ],
          }))}
        />
      )}
      {decisions.length > FIRST_ROWS && (
        <Group>
          <Button variant="default" size="compact-sm" onClick={() => setAll(!all)}>
            {all ? t('showLess') : t('showAll', { count: decisions.length })}
          </Button>
        </Group>
      )}
    </Panel>
  );
});
