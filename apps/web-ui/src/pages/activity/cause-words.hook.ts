import type { DecisionCause } from '@local-llm-agent/contracts';
import { formatBytes, formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useCauseTexts } from './cause.texts';

/** Says why the scheduler decided something; undefined for what only its own words tell, such as an error of a runtime. */
export function useCauseWords(): (cause: DecisionCause) => string | undefined {
  const t = useCauseTexts();
  const [language] = useLanguage();
  const time = (ms = 0): string => formatDuration(ms, language);
  const bytes = (count = 0): string => formatBytes(count, language);
  const plain = ({ code, models = [], count = 0, tier = 'small', ...figures }: DecisionCause): string | undefined => {
    const names = new Intl.ListFormat(language).format(models);
    switch (code) {
      case 'requests':
        return t(code, { names, count });
      case 'overdue':
        return t(code, { names, tier, waited: time(figures.waitedMs), bound: time(figures.boundMs) });
      case 'idle':
        return t(code, { time: time(figures.idleMs) });
      case 'memory_pressure':
        return t(code, { bytes: bytes(figures.shortBytes) });
      case 'too_large':
        return t(code, { need: bytes(figures.needBytes), total: bytes(figures.totalBytes) });
      case 'pinned':
        return t(code, { names, count: models.length });
      case 'queue_full':
        return t(code, { tier, count });
      case 'adapter':
        return t(code, { names });
      case 'unwanted':
        return t(code);
      // Its own words are all there is, and all that is known of a code of a newer gateway.
      case 'failed':
      default:
        return undefined;
    }
  };
  return (cause) => {
    const words = plain(cause);
    if (words === undefined || cause.way === undefined) return words;
    return t(cause.way, { cause: words, tokens: formatNumber(cause.contextLength ?? 0, language) });
  };
}
