import type { UsageReport, UsageSums } from '@local-llm-agent/contracts';
import { Box, Table, Text } from '@mantine/core';
import { formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { labelOf, rowId, sortedRows, type Group } from './usage-rows.translate';
import { useUsageTexts } from './usage.texts';

const COUNTS = [
  ['requests', 'requests'],
  ['failed', 'failed'],
  ['clientLeft', 'clientLeft'],
  ['cached', 'cached'],
  ['prompt', 'promptTokens'],
  ['completion', 'completionTokens'],
  ['total', 'totalTokens'],
] as const;
const MEANS = [
  ['queue', 'meanQueueMs'],
  ['firstToken', 'meanFirstTokenMs'],
  ['duration', 'meanDurationMs'],
] as const;

function Sums({ sums }: { readonly sums: UsageSums }) {
  const [language] = useLanguage();
  return (
    <>
      {COUNTS.map(([name, field]) => (
        <Table.Td key={name} ta="right">
          {formatNumber(sums[field], language)}
        </Table.Td>
      ))}
      {MEANS.map(([name, field]) => {
        const mean = sums[field];
        return (
          <Table.Td key={name} ta="right" style={{ whiteSpace: 'nowrap' }}>
            {mean === null ? '–' : formatDuration(mean, language)}
          </Table.Td>
        );
      })}
    </>
  );
}

interface UsageTableProps {
  readonly report: UsageReport;
  readonly group: Group;
}

/** The numbers, with their sum. It scrolls by itself where the window is narrow. */
export function UsageTable({ report, group }: UsageTableProps) {
  const t = useUsageTexts();
  return (
    <>
      <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={t('tableName')}>
        <Table striped withTableBorder miw={900}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th miw={140}>{t(group)}</Table.Th>
              {[...COUNTS, ...MEANS].map(([name]) => (
                <Table.Th key={name} ta="right">
                  {t(name)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sortedRows(report.data, group).map((row) => (
              <Table.Tr key={rowId(row, group)}>
                <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                  {labelOf(row, group) || t('unknown')}
                </Table.Th>
                <Sums sums={row} />
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th scope="row">{t('sum')}</Table.Th>
              <Sums sums={report.total} />
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      </Box>
      <Text size="sm" c="dimmed">
        {t('hint')}
      </Text>
    </>
  );
}
