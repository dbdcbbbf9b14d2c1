/** What people read when they are refused: a heading of what happened, and what they can do. By code, in each language of a study. */
export type Words = readonly [heading: string, text: string];

export interface RefusalWords {
  readonly status: number;
  readonly en: Words;
  readonly de: Words;
}

export const refusalWords = {
  'malformed-link': {
    status: 400,
    en: ['This link is not complete', 'Please open your study link again exactly as you received it.'],
    de: [
      'Dieser Link ist nicht vollständig',
      'Bitte öffnen Sie Ihren Studienlink noch einmal genau so, wie Sie ihn erhalten haben.',
    ],
  },
  'consent-incomplete': {
    status: 400,
    en: [
      'A box is not ticked',
      'To take part, please tick every box of the consent form. Go back to change your answers.',
    ],
    de: [
      'Ein Kästchen fehlt',
      'Um teilzunehmen, kreuzen Sie bitte jedes Kästchen der Einwilligung an. Gehen Sie zurück, um Ihre Antworten zu ändern.',
    ],
  },
  'no-session': {
    status: 401,
    en: ['This browser is not known here', 'Please open your study link again.'],
    de: ['Dieser Browser ist hier nicht bekannt', 'Bitte öffnen Sie Ihren Studienlink noch einmal.'],
  },
  'no-consent': {
    status: 403,
    en: ['First the consent form', 'Please open your study link again and fill in the consent form first.'],
    de: [
      'Zuerst die Einwilligung',
      'Bitte öffnen Sie Ihren Studienlink noch einmal und füllen Sie zuerst die Einwilligung aus.',
    ],
  },
  preview: {
    status: 403,
    en: ['This is a preview', 'Please accept the HIT first, then open the link again.'],
    de: ['Das ist eine Vorschau', 'Bitte nehmen Sie zuerst den HIT an und öffnen Sie den Link dann noch einmal.'],
  },
  'link-needed': {
    status: 403,
    en: ['Please use your link', 'Please open this study with the link that you were given for it.'],
    de: ['Bitte nehmen Sie Ihren Link', 'Bitte öffnen Sie diese Studie mit dem Link, den Sie dafür bekommen haben.'],
  },
  'used-by-another': {
    status: 403,
    en: [
      'This link was already used',
      'Somebody else used it, or you did in another browser. Please go on where you began.',
    ],
    de: [
      'Dieser Link wurde schon benutzt',
      'Jemand anderes hat ihn benutzt, oder Sie in einem anderen Browser. Bitte machen Sie dort weiter, wo Sie begonnen haben.',
    ],
  },
  'token-expired': {
    status: 403,
    en: ['This link was already used', 'Somebody already took part with it. Each link can be used once only.'],
    de: ['Dieser Link wurde schon benutzt', 'Es hat schon jemand damit teilgenommen. Jeder Link gilt nur einmal.'],
  },
  'invitation-revoked': {
    status: 403,
    en: ['This invitation was taken back', 'Please ask whoever invited you.'],
    de: ['Diese Einladung wurde zurückgenommen', 'Bitte fragen Sie, wer Sie eingeladen hat.'],
  },
  'not-yours': {
    status: 403,
    en: [
      'This is not your notebook',
      'It does not belong to your session. To get to yours, please open your study link again.',
    ],
    de: [
      'Das ist nicht Ihr Notebook',
      'Es gehört nicht zu Ihrer Sitzung. Um zu Ihrem zu kommen, öffnen Sie bitte Ihren Studienlink noch einmal.',
    ],
  },
  mobile: {
    status: 403,
    en: [
      'Please use a computer',
      'This study needs a keyboard. Please open your study link on a desktop or laptop computer.',
    ],
    de: [
      'Bitte nehmen Sie einen Computer',
      'Diese Studie braucht eine Tastatur. Bitte öffnen Sie Ihren Studienlink an einem Rechner oder Laptop.',
    ],
  },
  'not-yet': {
    status: 403,
    en: ['This study has not begun yet', 'Please come back later with the same link.'],
    de: ['Diese Studie hat noch nicht begonnen', 'Bitte kommen Sie später mit demselben Link wieder.'],
  },
  screened: {
    status: 403,
    en: ['This study looks for other participants', 'Thank you for your interest.'],
    de: ['Diese Studie sucht andere Teilnehmende', 'Vielen Dank für Ihr Interesse.'],
  },
  'unknown-study': {
    status: 404,
    en: ['There is no such study here', 'Please check that the link is the one that you received.'],
    de: ['Diese Studie gibt es hier nicht', 'Bitte prüfen Sie, ob der Link so ist, wie Sie ihn erhalten haben.'],
  },
  'not-found': {
    status: 404,
    en: [
      'Nothing was found here',
      'There is no such page here. If you take part in a study, please open your study link again.',
    ],
    de: [
      'Hier ist nichts',
      'Diese Seite gibt es nicht. Wenn Sie an einer Studie teilnehmen, öffnen Sie bitte Ihren Studienlink noch einmal.',
    ],
  },
  'no-return': {
    status: 404,
    en: ['You are done', 'You can close this window now.'],
    de: ['Sie sind fertig', 'Sie können dieses Fenster jetzt schließen.'],
  },
  'other-participant': {
    status: 409,
    en: [
      'Somebody takes part here already',
      'This browser takes part with another link. Please finish there, or open this link in another browser.',
    ],
    de: [
      'Hier nimmt schon jemand teil',
      'Dieser Browser nimmt mit einem anderen Link teil. Bitte beenden Sie das zuerst, oder öffnen Sie diesen Link in einem anderen Browser.',
    ],
  },
  closed: {
    status: 410,
    en: ['This study is over', 'It takes no more participants. Thank you for your interest.'],
    de: ['Diese Studie ist beendet', 'Sie nimmt niemanden mehr auf. Vielen Dank für Ihr Interesse.'],
  },
  full: {
    status: 410,
    en: ['This study is full', 'It has all the participants that it needs. Thank you for your interest.'],
    de: [
      'Diese Studie ist voll',
      'Es haben schon alle teilgenommen, die gebraucht wurden. Vielen Dank für Ihr Interesse.',
    ],
  },
  'invitation-expired': {
    status: 410,
    en: ['This invitation is no longer valid', 'Please ask whoever invited you.'],
    de: ['Diese Einladung gilt nicht mehr', 'Bitte fragen Sie, wer Sie eingeladen hat.'],
  },
  ended: {
    status: 410,
    en: ['You are done', 'Your part in this study is over; nothing more is recorded.'],
    de: ['Sie sind fertig', 'Ihre Teilnahme an dieser Studie ist zu Ende; es wird nichts mehr aufgezeichnet.'],
  },
  withdrawn: {
    status: 410,
    en: ['You have withdrawn', 'Your part in this study is over; nothing more is recorded.'],
    de: [
      'Sie haben Ihre Teilnahme zurückgezogen',
      'Ihre Teilnahme an dieser Studie ist zu Ende; es wird nichts mehr aufgezeichnet.',
    ],
  },
  abandoned: {
    status: 410,
    en: ['Your place is taken', 'Your part in this study ended because you were away for too long.'],
    de: ['Ihr Platz ist vergeben', 'Ihre Teilnahme an dieser Studie ist zu Ende, weil Sie zu lange weg waren.'],
  },
  'address-full': {
    status: 429,
    en: ['Enough for today', 'Too many participants came from your network today. Please try again tomorrow.'],
    de: [
      'Für heute genug',
      'Heute sind schon genug Teilnehmende aus Ihrem Netz gekommen. Bitte versuchen Sie es morgen noch einmal.',
    ],
  },
  'too-many': {
    status: 429,
    en: ['Too many requests at once', 'Please try again in a minute; nothing that you did is lost.'],
    de: [
      'Zu viele Anfragen auf einmal',
      'Bitte versuchen Sie es in einer Minute noch einmal; nichts, was Sie getan haben, ist verloren.',
    ],
  },
  internal: {
    status: 500,
    en: ['Something is wrong on our side', 'Nothing that you did is lost. Please try again in a minute.'],
    de: [
      'Bei uns stimmt etwas nicht',
      'Nichts, was Sie getan haben, ist verloren. Bitte versuchen Sie es in einer Minute noch einmal.',
    ],
  },
  paused: {
    status: 503,
    en: ['This study is taking a break', 'Please come back later with the same link.'],
    de: ['Diese Studie macht eine Pause', 'Bitte kommen Sie später mit demselben Link wieder.'],
  },
  'captcha-down': {
    status: 503,
    en: [
      'The check that you are a person is not available',
      'Please go back and try again in a few minutes; nothing is lost.',
    ],
    de: [
      'Die Prüfung, dass Sie ein Mensch sind, ist gerade nicht verfügbar',
      'Bitte gehen Sie zurück und versuchen Sie es in ein paar Minuten noch einmal; nichts ist verloren.',
    ],
  },
  'token-service-down': {
    status: 503,
    en: ['Your link cannot be checked for the moment', 'Please try again in a few minutes.'],
    de: ['Ihr Link kann gerade nicht geprüft werden', 'Bitte versuchen Sie es in ein paar Minuten noch einmal.'],
  },
  unreachable: {
    status: 503,
    en: ['Your notebook cannot be reached', 'Please load this page again in a minute. Nothing that you did is lost.'],
    de: [
      'Ihr Notebook ist nicht erreichbar',
      'Bitte laden Sie diese Seite in einer Minute noch einmal. Nichts, was Sie getan haben, ist verloren.',
    ],
  },
} as const satisfies Record<string, RefusalWords>;

/** For mistakes of programs, which have no page of their own. */
export const otherWords: RefusalWords = {
  status: 400,
  en: ['This did not work', 'What was sent could not be used. Please go back and try again.'],
  de: [
    'Das hat nicht geklappt',
    'Was gesendet wurde, war nicht brauchbar. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
  ],
};
