/** What is recorded of a participant's work: the kinds of events, which of them a study may leave out, and how a consent form says it. */
import type { RecordChoice } from './record-schema.js';

export type { RecordChoice };

/** Kinds of events that a study cannot leave out: without them the notebook could not be rebuilt. */
export type AlwaysKind =
  | ('open' | 'start' | 'next' | 'skip' | 'time-up' | 'finish' | 'edit' | 'run' | 'output' | 'interrupt' | 'reset')
  | ('kernel' | 'reconnect' | 'skip-survey' | 'lost' | 'paste');

/** Kinds that belong to a choice. A paste is always an event; `pastes` decides whether its text is kept. */
const optional = {
  copies: ['copy', 'cut'],
  focus: ['focus', 'blur', 'visibility'],
  scrolling: ['scroll'],
  window: ['resize'],
} as const satisfies Partial<Record<keyof RecordChoice, readonly string[]>>;

type OptionalKind = (typeof optional)[keyof typeof optional][number];

/** Whether events of this kind are recorded in a study that chose so. */
export function isRecorded(kind: string, choice: RecordChoice): boolean {
  const owner = (Object.keys(optional) as (keyof typeof optional)[]).find((key) =>
    (optional[key] as readonly string[]).includes(kind),
  );
  return owner === undefined || choice[owner];
}

export type EventKind = AlwaysKind | OptionalKind;

const alwaysWords = {
  en: [
    'every change of your code, so that your work can be followed step by step',
    'each run of your code with its complete output',
    'when you start, solve or skip a task, and your answers to our questions',
    'when you paste into your code, and how much',
    'when you open the notebook, the language of your browser, and when Python is stopped, restarted or was out of reach',
  ],
  de: [
    'jede Änderung an Ihrem Code, sodass sich Ihre Arbeit Schritt für Schritt nachvollziehen lässt',
    'jede Ausführung Ihres Codes mit der vollständigen Ausgabe',
    'wann Sie eine Aufgabe beginnen, lösen oder überspringen, und Ihre Antworten auf unsere Fragen',
    'wann Sie in Ihren Code etwas einfügen, und wie viel',
    'wann Sie das Notebook öffnen, die Sprache Ihres Browsers, und wann Python angehalten, neu gestartet oder nicht erreichbar war',
  ],
};

const choiceWords: Record<'en' | 'de', Record<keyof RecordChoice, string>> = {
  en: {
    keystrokes: 'the time of each keystroke in the code',
    pastes: 'the text that you paste into the code',
    copies: 'how much text you copy or cut (not the text itself)',
    focus: 'whether the page is in front of you, and for how long',
    scrolling: 'which task you scroll to',
    window: 'the size of the browser window',
  },
  de: {
    keystrokes: 'der Zeitpunkt jedes Tastendrucks im Code',
    pastes: 'der Text, den Sie in den Code einfügen',
    copies: 'wie viel Text Sie kopieren oder ausschneiden (nicht der Text selbst)',
    focus: 'ob die Seite im Vordergrund ist, und wie lange',
    scrolling: 'zu welcher Aufgabe Sie blättern',
    window: 'die Größe des Browserfensters',
  },
};

/** What a study records, in words for its consent form. */
export function recordedInWords(choice: RecordChoice, language: 'en' | 'de'): string[] {
  const chosen = (Object.keys(choiceWords[language]) as (keyof RecordChoice)[]).filter((key) => choice[key]);
  return [...alwaysWords[language], ...chosen.map((key) => choiceWords[language][key])];
}
