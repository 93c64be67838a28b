import { defineTexts } from '../../i18n/texts';

/** Texts of the comparison. */
export const useCompareTexts = defineTexts('compare', {
  en: {
    models: 'Models to compare',
    modelsWhy: 'Two to {{most}}. Each answers the same question.',
    choose: 'Choose models…',
    prompt: 'Question',
    promptWhy: 'It goes to all of them at once. Enter asks, Shift and Enter begin a new line, Escape stops.',
    ask: 'Compare',
    stopAll: 'Stop all',
    stop: 'Stop',
    stopOne: 'Stop the answer of {{model}}',
    regenerateOf: 'Regenerate the answer of {{model}}',
    needTwo: 'Choose at least two models, and write a question.',
    empty: 'The answers stand side by side here, each with its own figures.',
    answers: 'Answers to “{{question}}”',
  },
  es: {
    models: 'Modelos que se comparan',
    modelsWhy: 'De dos a {{most}}. Cada uno responde a la misma pregunta.',
    choose: 'Elige modelos…',
    prompt: 'Pregunta',
    promptWhy: 'Va a todos a la vez. Intro pregunta, Mayús e Intro empiezan otra línea y Escape detiene.',
    ask: 'Comparar',
    stopAll: 'Detener todas',
    stop: 'Detener',
    stopOne: 'Detener la respuesta de {{model}}',
    regenerateOf: 'Regenerar la respuesta de {{model}}',
    needTwo: 'Elige al menos dos modelos y escribe una pregunta.',
    empty: 'Aquí aparecen las respuestas una junto a otra, cada una con sus cifras.',
    answers: 'Respuestas a «{{question}}»',
  },
});
