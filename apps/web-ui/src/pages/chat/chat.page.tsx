import { SegmentedControl } from '@mantine/core';
import { useEffect } from 'react';
import { useAppTexts } from '../../app.texts';
import { ViewTitle } from '../../components/view-title';
import { prepareAnswers } from './answer-text';
import { useChatTexts } from './chat.texts';
import { CompareView } from './compare-view';
import { useComparison } from './comparison.store';
import { ConversationView } from './conversation-view';
import { loadOnce } from './conversations.store';
import classes from './chat.module.css';

/** The view: a conversation with a model, or one question to several side by side. */
export default function ChatPage() {
  const app = useAppTexts();
  const t = useChatTexts();
  const comparing = useComparison((state) => state.shown);
  useEffect(() => {
    void loadOnce();
    prepareAnswers();
  }, []);
  return (
    <div className={classes['page']}>
      <ViewTitle
        title={app('chat')}
        actions={
          <SegmentedControl
            aria-label={t('mode')}
            data={[
              { value: 'one', label: t('one') },
              { value: 'compare', label: t('compare') },
            ]}
            value={comparing ? 'compare' : 'one'}
            onChange={(value) => useComparison.setState({ shown: value === 'compare' })}
          />
        }
      />
      {comparing ? <CompareView /> : <ConversationView />}
    </div>
  );
}
