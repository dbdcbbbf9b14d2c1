/** The boxes that a participant ticks, unless the study brings its own: the original's four. */
export interface ConsentBox {
  readonly id: string;
  readonly text: string;
}

export const defaultConsentBoxes: Record<'en' | 'de', ConsentBox[]> = {
  en: [
    { id: 'age', text: 'I am 18 years of age or older.' },
    { id: 'language', text: 'I am comfortable with reading and writing English.' },
    { id: 'read', text: 'I have read this consent form, or had it read to me.' },
    { id: 'continue', text: 'I agree to take part in this study and want to continue.' },
  ],
  de: [
    { id: 'age', text: 'Ich bin mindestens 18 Jahre alt.' },
    { id: 'language', text: 'Ich kann Deutsch gut lesen und schreiben.' },
    { id: 'read', text: 'Ich habe diese Einwilligungserklärung gelesen, oder sie wurde mir vorgelesen.' },
    { id: 'continue', text: 'Ich nehme freiwillig an dieser Studie teil und möchte fortfahren.' },
  ],
};
