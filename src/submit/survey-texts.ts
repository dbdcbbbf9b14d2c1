/** The words of the exit survey's pages around its questions. */
import { questionTexts } from '../studies/question-texts.js';

const en = {
  heading: 'A few last questions',
  lead: 'Your work is saved. Please answer these questions; they belong to the study.',
  send: 'Send my answers',
  thanksHeading: 'Thank you for taking part',
  stored: 'Your answers are saved.',
  close: 'You can close this window now.',
  back: 'Continue',
};

const de: typeof en = {
  heading: 'Einige letzte Fragen',
  lead: 'Ihre Arbeit ist gespeichert. Bitte beantworten Sie diese Fragen; sie gehören zur Studie.',
  send: 'Antworten absenden',
  thanksHeading: 'Vielen Dank für Ihre Teilnahme',
  stored: 'Ihre Antworten sind gespeichert.',
  close: 'Sie können dieses Fenster jetzt schließen.',
  back: 'Weiter',
};

export type SurveyTexts = typeof en & ReturnType<typeof questionTexts>;

export function surveyTexts(language: string): SurveyTexts {
  return { ...questionTexts(language), ...(language === 'de' ? de : en) };
}
