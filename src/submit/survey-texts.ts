/** The words of the survey's pages; the questions themselves are the study's. */
import { MAX_ANSWER, type Question } from '../studies/questions.js';
import type { Problem } from './survey-answers.js';

const en = {
  heading: 'A few last questions',
  saved: 'Your work is saved. Please answer these questions; they belong to the study.',
  optional: '(optional)',
  severalHint: 'You can choose several.',
  send: 'Send my answers',
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
  thanksHeading: 'Thank you for taking part',
  stored: 'Your answers are saved.',
  close: 'You can close this window now.',
  back: 'Continue',
};
export type SurveyTexts = typeof en;

const de: SurveyTexts = {
  heading: 'Einige letzte Fragen',
  saved: 'Ihre Arbeit ist gespeichert. Bitte beantworten Sie diese Fragen; sie gehören zur Studie.',
  optional: '(freiwillig)',
  severalHint: 'Sie können mehrere auswählen.',
  send: 'Antworten absenden',
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
  thanksHeading: 'Vielen Dank für Ihre Teilnahme',
  stored: 'Ihre Antworten sind gespeichert.',
  close: 'Sie können dieses Fenster jetzt schließen.',
  back: 'Weiter',
};

export function surveyTexts(language: string): SurveyTexts {
  return language === 'de' ? de : en;
}

export function summaryText(texts: SurveyTexts, count: number): string {
  return count === 1 ? texts.summaryOne : fill(texts.summary, { count });
}

export function problemText(texts: SurveyTexts, question: Question, problem: Problem): string {
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
