import { Stack } from '@mantine/core';
import { ApiFailure } from '../../api/http.client';
import { useModelPlans } from '../../api/models.api';
import { useLiveStatus } from '../../api/residency.feed';
import { FailureNotice } from '../../components/failure-notice';
import { ViewTitle } from '../../components/view-title';
import { MemberModels } from './member-models';
import { ModelsPlaceholder } from './models-placeholder';
import { useModelsTexts } from './models.texts';
import { OperatorModels } from './operator-models';

/** Models: for those who manage them with all that can be done, for others those that they may use. */
export default function ModelsPage() {
  const t = useModelsTexts();
  const plans = useModelPlans();
  const { status, failure } = useLiveStatus();
  if (plans.error instanceof ApiFailure && plans.error.status === 403) return <MemberModels />;
  if (plans.data) {
    const stale = failure ?? (plans.error instanceof ApiFailure ? plans.error : undefined);
    return <OperatorModels plans={plans.data} status={status} failure={stale} />;
  }
  return (
    <Stack>
      <ViewTitle title={t('title')} about={t('about')} />
      {plans.error ? <FailureNotice error={plans.error} onRetry={() => void plans.refetch()} /> : <ModelsPlaceholder />}
    </Stack>
  );
}
