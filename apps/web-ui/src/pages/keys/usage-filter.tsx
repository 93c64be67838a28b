import { Button, Group, Input, NativeSelect, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useId } from '@mantine/hooks';
import { Download } from 'lucide-react';
import { RANGES, type Days, type Range } from './usage-range.policy';
import { GROUPS, type Group as UsageGroup } from './usage-rows.translate';
import { useUsageTexts } from './usage.texts';

interface UsageFilterProps {
  readonly range: Range;
  readonly setRange: (range: Range) => void;
  readonly days: Days;
  readonly setDays: (days: Days) => void;
  readonly inOrder: boolean;
  readonly group: UsageGroup;
  readonly setGroup: (group: UsageGroup) => void;
  readonly download: () => void;
  readonly downloading: boolean;
}

function OwnDays({ days, setDays, inOrder }: Pick<UsageFilterProps, 'days' | 'setDays' | 'inOrder'>) {
  const t = useUsageTexts();
  return (
    <Group align="flex-start">
      <TextInput
        type="date"
        label={t('from')}
        value={days.from}
        onChange={(event) => setDays({ ...days, from: event.currentTarget.value })}
        error={inOrder ? undefined : t('order')}
      />
      <TextInput
        type="date"
        label={t('to')}
        value={days.to}
        onChange={(event) => setDays({ ...days, to: event.currentTarget.value })}
      />
    </Group>
  );
}

/** Which days, by what, and the download. */
export function UsageFilter(props: UsageFilterProps) {
  const t = useUsageTexts();
  const groupId = useId();
  const { range, setRange, group, setGroup, inOrder, download, downloading } = props;
  return (
    <Stack gap="sm">
      <Group align="flex-end" justify="space-between">
        <Group align="flex-end">
          <NativeSelect
            label={t('range')}
            value={range}
            onChange={(event) => setRange(event.currentTarget.value as Range)}
            data={RANGES.map((value) => ({ value, label: t(value) }))}
          />
          <Stack gap={4}>
            <Input.Label labelElement="div" id={groupId}>
              {t('groupBy')}
            </Input.Label>
            <SegmentedControl
              aria-labelledby={groupId}
              value={group}
              onChange={(value) => setGroup(value)}
              data={GROUPS.map((value) => ({ value, label: t(value) }))}
            />
          </Stack>
        </Group>
        <Button
          variant="default"
          leftSection={<Download size={16} aria-hidden />}
          onClick={download}
          loading={downloading}
          disabled={!inOrder}
          aria-label={t('csvLabel')}
        >
          {t('csv')}
        </Button>
      </Group>
      {range === 'own' && <OwnDays {...props} />}
    </Stack>
  );
}
