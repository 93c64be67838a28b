import type { RecordedRequest, RecordedRequests } from '@local-llm-agent/contracts';
import { Badge, Code, Group, Text } from '@mantine/core';
import { CircleCheck, CircleX, LogOut } from 'lucide-react';
import { memo, useState } from 'react';
import { useLastRequests, type RequestFilter } from '../../api/activity.api';
import { ApiFailure } from '../../api/http.client';
import { FailureNotice } from '../../components/failure-notice';
import { UsageOffNotice } from '../../components/usage-off-notice';
import { formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { DataTable, type DataRow } from './data-table';
import { formatMoment } from './moment.format';
import { Panel } from './panel';
import { RequestFilters } from './request-filters';

function Outcome({ request: { outcome, status, cached } }: { readonly request: RecordedRequest }) {
  const t = useActivityTexts();
  const [Icon, color] =
    outcome === 'ok' ? [CircleCheck, 'green'] : outcome === 'client_left' ? [LogOut, 'gray'] : [CircleX, 'red'];
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={16} aria-hidden color={`var(--mantine-color-${color}-text)`} />
      {outcome === 'ok' && t('outcomeOk')}
      {outcome === 'client_left' && t('clientLeft')}
      {outcome !== 'ok' && outcome !== 'client_left' && (
        <span>
          {status} <Code>{outcome}</Code>
        </span>
      )}
      {cached && (
        <Badge size="sm" variant="light" tt="none" miw="max-content">
          {t('fromCache')}
        </Badge>
      )}
    </Group>
  );
}

/** The requests as rows. */
function useRows(requests: readonly RecordedRequest[]): readonly DataRow[] {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const time = (ms: number | null): string => (ms === null ? '–' : formatDuration(ms, language));
  const tokens = ({ promptTokens, completionTokens, estimated }: RecordedRequest): string => {
    const [prompt, completion] = [promptTokens, completionTokens].map((count) => formatNumber(count, language));
    return `${prompt} / ${completion}${estimated ? ` (${t('estimated')})` : ''}`;
  };
  return requests.map((request) => ({
    key: request.id,
    cells: [
      formatMoment(request.endedAt, language),
      request.keyName ?? request.key,
      request.model ?? '–',
      <Outcome key="outcome" request={request} />,
      tokens(request),
      time(request.queueMs),
      time(request.firstTokenMs),
      time(request.durationMs),
      <Code key="endpoint">{request.endpoint}</Code>,
    ],
  }));
}

/** Where the whole view is refused, or cannot be read, that was said above already. */
function isToldAbove(error: Error): boolean {
  return error instanceof ApiFailure && [0, 401, 403].includes(error.status);
}

const COLUMNS = [
  'time',
  'caller',
  'model',
  'outcome',
  'tokensInOut',
  'waited',
  'firstTokenAfter',
  'duration',
  'endpoint',
] as const;

interface RequestListProps {
  readonly requests: RecordedRequests;
  readonly filtered: boolean;
}

/** The requests, or why there are none. */
function RequestList({ requests: { recording, data }, filtered }: RequestListProps) {
  const t = useActivityTexts();
  const rows = useRows(data);
  return (
    <>
      {!recording && <UsageOffNotice before={rows.length > 0} />}
      {rows.length === 0 && filtered && <Text size="sm">{t('noneMatches')}</Text>}
      {rows.length === 0 && !filtered && recording && <Text size="sm">{t('noLastRequests')}</Text>}
      {rows.length > 0 && (
        <DataTable label={t('lastRequests')} minWidth={980} columns={COLUMNS.map((name) => t(name))} rows={rows} />
      )}
    </>
  );
}

/** The requests that ended last, by caller, model and outcome. */
export const RequestsPanel = memo(function RequestsPanel({ paused }: { readonly paused: boolean }) {
  const t = useActivityTexts();
  const [filter, setFilter] = useState<RequestFilter>({});
  const filtered = Object.keys(filter).length > 0;
  const all = useLastRequests({}, paused || filtered);
  const { data, error } = useLastRequests(filter, paused);
  if (error && isToldAbove(error)) return null;
  return (
    <Panel title={t('lastRequests')} about={t('lastRequestsAbout')}>
      <RequestFilters filter={filter} setFilter={setFilter} known={all.data?.data ?? []} />
      {error && <FailureNotice error={error} />}
      {!data && !error && <Text size="sm">{t('requestsUnread')}</Text>}
      {data && <RequestList requests={data} filtered={filtered} />}
    </Panel>
  );
});
