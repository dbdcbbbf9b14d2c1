/** The words around questions on a page; the questions themselves are the study's. */
import { MAX_ANSWER, type Question } from './questions.js';
import type { Problem } from './question-form.js';

const en = {
  optional: '(optional)',
  severalHint: 'You can choose several.',
  error: 'Error',
  summaryOne: 'One answer is missing or not as expected',
  summary: '{count} answers are missing or not as expected',
  kept: 'What you entered is still here.',
  required: 'Please answer this question.',
  rows: 'Please answer every line.',
  number: 'Please enter a number.',
  atLeast: 'Please enter a number of at least {min}.',
  atMost: 'Please enter a number of at most {max}.',
  between: 'Please enter a number from {min} to {max}.',
  long: 'Please write at most {max} characters.',
  choice: 'Please choose one of the answers shown.',
};
export type QuestionTexts = typeof en;

const de: QuestionTexts = {
  optional: '(freiwillig)',
  severalHint: 'Sie können mehrere auswählen.',
  error: 'Fehler',
  summaryOne: 'Eine Antwort fehlt oder ist nicht wie erwartet',
  summary: '{count} Antworten fehlen oder sind nicht wie erwartet',
  kept: 'Was Sie eingegeben haben, ist noch da.',
  required: 'Bitte beantworten Sie diese Frage.',
  rows: 'Bitte beantworten Sie jede Zeile.',
  number: 'Bitte geben Sie eine Zahl ein.',
  atLeast: 'Bitte geben Sie eine Zahl von mindestens {min} ein.',
  atMost: 'Bitte geben Sie eine Zahl von höchstens {max} ein.',
  between: 'Bitte geben Sie eine Zahl von {min} bis {max} ein.',
  long: 'Bitte schreiben Sie höchstens {max} Zeichen.',
  choice: 'Bitte wählen Sie eine der Antworten aus.',
};

export function questionTexts(language: string): QuestionTexts {
  return language === 'de' ? de : en;
}

export function summaryText(texts: QuestionTexts, count: number): string {
  return count === 1 ? texts.summaryOne : fill(texts.summary, { count });
}

export function problemText(texts: QuestionTexts, question: Question, problem: Problem): string {
  if (problem === 'long') return fill(texts.long, { max: MAX_ANSWER });
  if (problem !== 'range' || question.kind !== 'number') return texts[problem === 'range' ? 'number' : problem];
  const { min, max } = question;
  // Without any limit of the study's, only what is larger than every number of a computer is out of range.
  if (min === undefined) return max === undefined ? texts.number : fill(texts.atMost, { max });
  return max === undefined ? fill(texts.atLeast, { min }) : fill(texts.between, { min, max });
}

function fill(text: string, values: Readonly<Record<string, number>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}
