import { defineTexts } from '../../i18n/texts';

/** Texts of the memory that models share. */
export const useMemoryTexts = defineTexts('memory', {
  en: {
    memory: 'Memory',
    local: 'This machine',
    poolUse: '{{used}} of {{total}} taken by models, {{free}} free',
    poolUnknown: '{{used}} taken by models; how much there is, is not known here',
    poolBudget: 'The bound is MEMORY_BUDGET',
    poolSize: 'The bound is set in OLLAMA_HOST or MEMORY_BUDGET',
    poolReserve: '{{reserve}} stay free beside the models (MEMORY_RESERVE)',
    strangers: 'Loaded by somebody else, leaves when its memory is needed: {{names}}',
    hostDown: '{{name}} does not answer',
    hostDownWhy: 'It is asked again every second.',
  },
  es: {
    memory: 'Memoria',
    local: 'Esta máquina',
    poolUse: '{{used}} de {{total}} ocupados por modelos, {{free}} libres',
    poolUnknown: '{{used}} ocupados por modelos; aquí no se sabe cuánta memoria hay',
    poolBudget: 'El límite es MEMORY_BUDGET',
    poolSize: 'El límite está en OLLAMA_HOST o MEMORY_BUDGET',
    poolReserve: '{{reserve}} quedan libres junto a los modelos (MEMORY_RESERVE)',
    strangers: 'Cargado por otra persona, sale cuando hace falta su memoria: {{names}}',
    hostDown: '{{name}} no responde',
    hostDownWhy: 'Se le vuelve a preguntar cada segundo.',
  },
});
