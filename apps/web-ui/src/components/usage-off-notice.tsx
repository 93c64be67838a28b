import { Alert, Text } from '@mantine/core';
import { CircleOff } from 'lucide-react';
import { useUsageOffTexts } from './usage-off-notice.texts';

interface UsageOffNoticeProps {
  /** Whether something is shown that was recorded before. */
  readonly before: boolean;
}

/** Says that no usage is recorded, and what to set. */
export function UsageOffNotice({ before }: UsageOffNoticeProps) {
  const t = useUsageOffTexts();
  return (
    <Alert color="blue" variant="light" title={t('title')} icon={<CircleOff aria-hidden />} role="note">
      <Text size="sm">{before ? `${t('why')} ${t('before')}` : t('why')}</Text>
    </Alert>
  );
}
